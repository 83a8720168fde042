/** @import { State, Store } from "./store.js" */
import { createConsole } from "./console.js";
import { findWayIn } from "./credential.js";
import { byId } from "./element.js";

/**
 * The right side: the thread or the database console, one at a time. Each person has a console of their own, filled
 * in from their own direct messages.
 *
 * @param {Store} store
 * @param {{ queried(): void }} tell
 * @returns {(state: State) => void}
 */
export function createPane(store, { queried }) {
  /** @type {Map<string, ReturnType<typeof createConsole>>} */
  const consoles = new Map();
  const [pane, host] = [byId("pane", HTMLElement), byId("console", HTMLElement)];
  const tabs = /** @type {const} */ ([
    ["thread", byId("thread-tab", HTMLButtonElement), byId("thread", HTMLElement)],
    ["console", byId("console-tab", HTMLButtonElement), host],
  ]);
  const opener = byId("open-console", HTMLButtonElement);

  for (const [name, tab] of tabs) {
    tab.addEventListener("click", () => store.set({ pane: name }));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const [other, button] = tabs.find(([one]) => one !== name) ?? tabs[0];
      store.set({ pane: other });
      button.focus();
    });
  }
  byId("close-pane", HTMLButtonElement).addEventListener("click", () => store.set({ pane: null }));
  opener.addEventListener("click", () => store.set({ pane: store.get().pane === "console" ? null : "console" }));

  return (state) => {
    pane.hidden = state.pane === null;
    document.body.classList.toggle("pane-open", state.pane !== null);
    opener.setAttribute("aria-pressed", String(state.pane === "console"));
    for (const [name, tab, panel] of tabs) {
      tab.setAttribute("aria-selected", String(state.pane === name));
      tab.tabIndex = state.pane === name ? 0 : -1;
      panel.hidden = state.pane !== name;
    }
    const mine = consoles.get(state.me) ?? createConsole({ worked: queried });
    consoles.set(state.me, mine);
    if (!mine.root.isConnected) host.replaceChildren(mine.root);
    const direct = (state.snapshot?.dms ?? []).flatMap(({ id }) => state.snapshot?.messages[id] ?? []);
    const found = findWayIn(direct.filter((message) => message.bot !== undefined));
    if (found) mine.fill(found);
    mine.look();
  };
}
