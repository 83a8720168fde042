/** @import { Snapshot } from "./types.js" */

/**
 * @typedef {object} State  all that the page shows
 * @property {string} me  whom the reader plays
 * @property {Snapshot | null} snapshot  what that person sees; null until it is there
 * @property {string} place  the channel or direct message that is open
 * @property {string | null} thread  the root message of the open thread
 * @property {"thread" | "console" | null} pane  what stands on the right
 * @property {boolean} menu  whether the sidebar is open where it is a drawer
 * @property {boolean} online  whether news from the server arrive
 */

/** @typedef {{ get(): State, set(change: Partial<State>): void, subscribe(listener: (state: State) => void): void }} Store */

/**
 * Holds the page's state. Listeners are called after each change, in the order in which they came.
 *
 * @param {State} initial
 * @returns {Store}
 */
export function createStore(initial) {
  let state = initial;
  /** @type {((state: State) => void)[]} */
  const listeners = [];
  return {
    get: () => state,
    set(change) {
      state = { ...state, ...change };
      for (const listener of listeners) listener(state);
    },
    subscribe: (listener) => void listeners.push(listener),
  };
}
