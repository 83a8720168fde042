/** @import { ActionPayload, Message } from "./types.js" */
/** @import { State } from "./store.js" */
/** @import { Names } from "./names.js" */
import { createComposer } from "./composer.js";
import { byId } from "./element.js";
import { drawMessages } from "./message-list.js";

/**
 * The thread that stands beside the channel.
 *
 * @param {object} actions
 * @param {(text: string) => Promise<boolean>} actions.send
 * @param {(message: Message, payload: ActionPayload) => Promise<unknown>} actions.act
 * @returns {(state: State, names: Names) => void}
 */
export function createThread({ send, act }) {
  const list = byId("replies", HTMLOListElement);
  createComposer(byId("reply", HTMLElement), { label: "Reply in thread", send });
  return ({ snapshot, me, place, thread }, names) => {
    const all = snapshot?.messages[place] ?? [];
    const messages = thread ? all.filter(({ ts, thread_ts }) => ts === thread || thread_ts === thread) : [];
    byId("no-thread", HTMLElement).hidden = messages.length > 0;
    byId("reply", HTMLElement).hidden = messages.length === 0;
    drawMessages(list, { place: `${me} ${place} ${thread}`, messages, names, act });
  };
}
