/** @import { ActionPayload, Message } from "./types.js" */
/** @import { Names } from "./names.js" */
import { element } from "./element.js";
import { drawList } from "./keyed-list.js";
import { renderMessage } from "./render-message.js";

/** Lines of one author within this many seconds stand under one name. */
const TOGETHER = 300;

/** @param {Message} message */
const dayOf = (message) => new Date(Number(message.ts) * 1000).toDateString();

/** @param {Message} message @param {Message | undefined} previous */
function joins(message, previous) {
  if (!previous || message.ephemeral || previous.ephemeral) return false;
  const sameAuthor = message.user === previous.user && message.bot === previous.bot;
  return sameAuthor && message.blocks.length < 2 && Number(message.ts) - Number(previous.ts) < TOGETHER;
}

/** @param {string} day */
function divider(day) {
  const today = day === new Date().toDateString();
  const words = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });
  return element("li", { class: "day" }, element("span", {}, today ? "Today" : words.format(new Date(day))));
}

/**
 * @typedef {object} Line
 * @property {string} key
 * @property {string} signature
 * @property {() => HTMLElement} draw
 */

/**
 * Draws messages into a scrolling list, and stays at its end if the reader was there.
 *
 * @param {HTMLElement} list - the `<ol>` that scrolls
 * @param {object} what
 * @param {string} what.place - which list this is; another one starts at its end
 * @param {Message[]} what.messages
 * @param {Names} what.names
 * @param {(message: Message, payload: ActionPayload) => Promise<unknown>} what.act
 * @param {(message: Message) => void} [what.openThread]
 */
export function drawMessages(list, { place, messages, names, act, openThread }) {
  const moved = list.getAttribute("data-place") !== place;
  const atEnd = moved || list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  if (moved) list.replaceChildren();
  list.setAttribute("data-place", place);
  /** @type {Line[]} */
  const lines = [];
  for (const [number, message] of messages.entries()) {
    const previous = messages[number - 1];
    const day = dayOf(message);
    const first = !previous || dayOf(previous) !== day;
    if (first) lines.push({ key: `day ${day}`, signature: day, draw: () => divider(day) });
    const joined = !first && joins(message, previous);
    lines.push({
      key: `${message.ts}${message.ephemeral ? " ephemeral" : ""}`,
      signature: JSON.stringify([message, joined]),
      draw: () =>
        renderMessage(message, {
          names,
          joined,
          act: (payload) => act(message, payload),
          ...(openThread ? { openThread: () => openThread(message) } : {}),
        }),
    });
  }
  drawList(list, lines, { key: (line) => line.key, signature: (line) => line.signature, draw: (line) => line.draw() });
  if (!atEnd) return;
  const toEnd = () => {
    list.scrollTop = list.scrollHeight;
  };
  toEnd();
  // How high a picture is shows when it has come.
  for (const picture of list.querySelectorAll("img"))
    if (!picture.complete) picture.addEventListener("load", toEnd, { once: true });
}
