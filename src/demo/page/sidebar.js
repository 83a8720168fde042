/** @import { Channel, DirectMessage } from "./types.js" */
/** @import { State } from "./store.js" */
/** @import { Names } from "./names.js" */
import { avatar } from "./avatar.js";
import { byId, element } from "./element.js";
import { icon } from "./icon.js";
import { drawList } from "./keyed-list.js";
import { titleOf } from "./names.js";

/**
 * The list of channels and direct messages.
 *
 * @param {{ unread(place: string): number, open(place: string): void }} actions
 * @returns {(state: State, names: Names) => void}
 */
export function createSidebar({ unread, open }) {
  const [channels, dms] = [byId("channels", HTMLUListElement), byId("dms", HTMLUListElement)];

  /** @param {Channel | DirectMessage} place @param {State} state @param {Names} names */
  function draw(place, state, names) {
    const title = titleOf(place, names);
    const here = state.place === place.id;
    const count = here ? 0 : unread(place.id);
    const bot = "with" in place && isBot(place.with, state);
    const mark = "with" in place ? avatar({ id: place.with, name: title, bot }) : icon(place.private ? "lock" : "hash");
    const badge =
      count > 0 &&
      element("span", { class: "badge" }, String(count), element("span", { class: "unseen" }, " unread messages"));
    const button = element(
      "button",
      { type: "button", class: count > 0 ? "place unread" : "place", "aria-current": here ? "page" : undefined },
      mark,
      element("span", { class: "place-name" }, title),
      badge || null,
    );
    button.addEventListener("click", () => open(place.id));
    return element("li", {}, button);
  }

  return (state, names) => {
    const { snapshot } = state;
    if (!snapshot) return;
    byId("team", HTMLElement).textContent = snapshot.team.name;
    /** @param {Channel | DirectMessage} place */
    const signature = (place) =>
      JSON.stringify([place, titleOf(place, names), state.place === place.id, unread(place.id)]);
    const how = { key: (/** @type {Channel | DirectMessage} */ place) => place.id, signature };
    drawList(channels, snapshot.channels, { ...how, draw: (place) => draw(place, state, names) });
    drawList(dms, snapshot.dms, { ...how, draw: (place) => draw(place, state, names) });
    document.body.classList.toggle("menu-open", state.menu);
    byId("menu", HTMLButtonElement).setAttribute("aria-expanded", String(state.menu));
  };
}

/** @param {string} id @param {State} state */
export function isBot(id, state) {
  return state.snapshot?.people.find((one) => one.id === id)?.is_bot === true;
}
