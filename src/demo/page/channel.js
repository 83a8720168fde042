/** @import { ActionPayload, Message } from "./types.js" */
/** @import { State } from "./store.js" */
/** @import { Names } from "./names.js" */
import { createComposer } from "./composer.js";
import { byId } from "./element.js";
import { icon } from "./icon.js";
import { drawMessages } from "./message-list.js";
import { titleOf } from "./names.js";

/** What the composer offers once a `/` is typed. */
const COMMANDS = [
  { text: "/breakglass", about: "open the form" },
  { text: "/breakglass orders-db writer 15m INC-42 orders stuck", about: "ask in one line" },
  { text: "/breakglass status", about: "what is yours" },
  { text: "/breakglass list", about: "what is open" },
  { text: "/breakglass end", about: "end your access now" },
  { text: "/breakglass drill orders-db", about: "rehearse the whole way" },
  { text: "/breakglass help", about: "everything else" },
];

/** @param {State} state */
export function placeOf({ snapshot, place }) {
  return [...(snapshot?.channels ?? []), ...(snapshot?.dms ?? [])].find(({ id }) => id === place);
}

/** Messages that stand in a channel itself, not in one of its threads. @param {Message[]} messages */
export const rootsOf = (messages) => messages.filter(({ ts, thread_ts }) => !thread_ts || thread_ts === ts);

/**
 * The middle of the page: a channel or a direct message, and its composer.
 *
 * @param {object} actions
 * @param {(text: string) => Promise<boolean>} actions.send
 * @param {(message: Message, payload: ActionPayload) => Promise<unknown>} actions.act
 * @param {(message: Message) => void} actions.openThread
 */
export function createChannel({ send, act, openThread }) {
  const list = byId("messages", HTMLOListElement);
  const composer = createComposer(byId("composer", HTMLElement), { label: "Message", commands: COMMANDS, send });
  return {
    fill: composer.fill,
    /** @param {State} state @param {Names} names */
    update(state, names) {
      const place = placeOf(state);
      if (!place || !state.snapshot) return;
      const direct = "with" in place;
      const title = titleOf(place, names);
      byId("place-title", HTMLElement).replaceChildren(
        ...(direct ? [] : [icon(place.private ? "lock" : "hash")]),
        title,
      );
      byId("place-topic", HTMLElement).textContent = direct ? "Direct message" : (place.topic ?? "");
      composer.label(direct ? `Message ${title}` : `Message #${title}`);
      const messages = rootsOf(state.snapshot.messages[place.id] ?? []);
      byId("nothing", HTMLElement).hidden = messages.length > 0;
      drawMessages(list, { place: `${state.me} ${place.id}`, messages, names, act, openThread });
    },
  };
}
