/** @import { Person } from "./types.js" */
/** @import { State } from "./store.js" */
import { avatar } from "./avatar.js";
import { byId, element } from "./element.js";
import { drawList } from "./keyed-list.js";

/**
 * The switch at the top: whom the reader plays.
 *
 * @param {{ become(id: string): void, cast(state: State): Person[] }} actions - `cast`: the people who can be played
 * @returns {(state: State) => void}
 */
export function createSwitcher({ become, cast }) {
  const root = byId("people", HTMLElement);

  /** @param {Person} person @param {boolean} chosen */
  function draw(person, chosen) {
    const input = element("input", { type: "radio", name: "as", value: person.id, checked: chosen });
    input.addEventListener("change", () => become(person.id));
    const [first] = person.real_name.split(" ");
    return element(
      "label",
      { class: "person", title: person.real_name },
      input,
      avatar({ id: person.id, name: person.real_name, bot: false }),
      element("span", { class: "person-name" }, first ?? person.name),
      person.title ? element("span", { class: "person-title" }, person.title) : null,
    );
  }

  return (state) => {
    drawList(root, cast(state), {
      key: (person) => person.id,
      signature: (person) => JSON.stringify(person),
      draw: (person) => draw(person, person.id === state.me),
    });
    for (const input of root.querySelectorAll("input")) input.checked = input.value === state.me;
  };
}
