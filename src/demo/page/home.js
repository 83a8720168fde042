/** @import { ActionPayload } from "./types.js" */
/** @import { State } from "./store.js" */
/** @import { Names } from "./names.js" */
import { byId, element } from "./element.js";
import { icon } from "./icon.js";
import { drawList } from "./keyed-list.js";
import { renderBlock } from "./render-blocks.js";

/** The place that is no conversation: the Home tab of the app. */
export const HOME = "home";

/**
 * The Home tab: what the app publishes for the one person, and the way to it in the sidebar.
 *
 * @param {object} actions
 * @param {() => void} actions.open
 * @param {(payload: ActionPayload) => Promise<unknown>} actions.act
 * @returns {(state: State, names: Names) => void}
 */
export function createHome({ open, act }) {
  const [host, list] = [byId("home", HTMLElement), byId("home-blocks", HTMLElement)];
  const button = element(
    "button",
    { type: "button", class: "place", id: "open-home" },
    icon("home"),
    element("span", { class: "place-name" }, "Home"),
  );
  button.addEventListener("click", open);
  byId("apps", HTMLUListElement).append(element("li", {}, button));

  return (state, names) => {
    const here = state.place === HOME;
    host.hidden = !here;
    for (const id of ["messages", "composer"]) byId(id, HTMLElement).hidden = here;
    if (here) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
    if (!here) return;
    byId("place-title", HTMLElement).replaceChildren(icon("home"), "Home");
    byId("place-topic", HTMLElement).textContent = "Only you see this";
    byId("nothing", HTMLElement).hidden = true;
    const blocks = state.snapshot?.home?.blocks ?? [];
    byId("home-empty", HTMLElement).hidden = blocks.length > 0;
    drawList(list, [...blocks.entries()], {
      key: ([nth]) => String(nth),
      // Slack gives blocks new ids each time; what they show may be the same.
      signature: ([, block]) => JSON.stringify(block),
      draw: ([, block]) => renderBlock(block, { names, act }) ?? element("div"),
    });
  };
}
