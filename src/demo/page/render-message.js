/** @import { ActionPayload, Message } from "./types.js" */
/** @import { Names } from "./names.js" */
import { avatar } from "./avatar.js";
import { element } from "./element.js";
import { icon } from "./icon.js";
import { renderMrkdwn } from "./mrkdwn.js";
import { authorOf } from "./names.js";
import { renderBlock } from "./render-blocks.js";

/**
 * @typedef {object} MessageContext
 * @property {Names} names
 * @property {boolean} joined  the same author wrote just before, so the name isn't said again
 * @property {(payload: ActionPayload) => Promise<unknown>} act
 * @property {() => void} [openThread]  absent inside a thread
 */

/** The four marks of the product, and the stripe each puts on a card's edge. */
const STRIPES = [
  ["🟡", "waiting"],
  ["🟢", "active"],
  ["⚪", "ended"],
  ["🔴", "loud"],
];

/** @param {Message} message */
function stripeOf(message) {
  const words = message.blocks.map((block) => block.text?.text ?? "").join(" ");
  const first = STRIPES.map(([mark, name]) => ({ name, at: words.indexOf(mark ?? "") }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0];
  return first?.name ?? "plain";
}

/** @param {Message} message @param {MessageContext} context */
function body(message, context) {
  if (message.deleted) return element("div", { class: "text gone" }, "This message was deleted.");
  if (message.blocks.length === 0) return element("div", { class: "text" }, renderMrkdwn(message.text, context.names));
  const drawn = message.blocks.map((block) => renderBlock(block, context)).filter((block) => block !== null);
  // A lone section is a sentence, and a sentence needs no frame.
  const card = message.blocks.some((block) => ["header", "actions", "divider"].includes(block.type));
  return element("div", { class: card ? `card ${stripeOf(message)}` : "text" }, ...drawn);
}

/** A file that the app shared, to be opened beside this page. A picture is shown. @param {{ id: string, name: string, title: string, alt?: string }} shared */
function file({ id, name, title, alt }) {
  const href = `/workspace/files/${encodeURIComponent(id)}/${encodeURIComponent(name)}`;
  if (alt !== undefined) {
    const picture = element("img", { src: href, alt, width: "440" });
    return element("a", { class: "picture", href, title, target: "_blank", rel: "noopener" }, picture);
  }
  const words = element("span", {}, title, element("span", { class: "file-name" }, name));
  return element("a", { class: "file", href, target: "_blank", rel: "noopener" }, icon("file"), words);
}

/** @param {Message} message @param {() => void} openThread */
function threadLink(message, openThread) {
  const replies = message.reply_count ?? 0;
  const words = replies === 0 ? "Reply in thread" : replies === 1 ? "1 reply" : `${replies} replies`;
  const look = replies === 0 ? "thread-link quiet" : "thread-link";
  return element("button", { class: look, type: "button", onclick: openThread }, icon("reply"), words);
}

/**
 * One message.
 *
 * @param {Message} message
 * @param {MessageContext} context
 * @returns {HTMLElement}
 */
export function renderMessage(message, context) {
  const name = authorOf(message, context.names);
  const bot = message.bot !== undefined;
  const sent = new Date(Number(message.ts) * 1000);
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const time = element("time", { datetime: sent.toISOString(), title: sent.toLocaleString() }, clock.format(sent));
  const heading = element(
    "div",
    { class: "byline" },
    element("strong", {}, name),
    bot ? element("span", { class: "app-badge" }, "App") : null,
    time,
  );
  const content = element(
    "div",
    { class: "content" },
    context.joined ? null : heading,
    message.ephemeral ? element("div", { class: "only-you" }, icon("eye"), "Only visible to you") : null,
    body(message, context),
    ...(message.files ?? []).map(file),
    message.edited && message.blocks.length === 0 ? element("span", { class: "edited" }, "(edited)") : null,
    context.openThread && !message.ephemeral ? threadLink(message, context.openThread) : null,
  );
  // A line of a report begins with its own, exact time.
  const timed = /^<!date\^/.test(message.blocks[0]?.text?.text ?? message.text);
  const gutter = context.joined ? (timed ? null : time) : avatar({ id: message.user ?? message.bot ?? "", name, bot });
  const look = ["message", context.joined && "joined", message.ephemeral && "ephemeral"].filter(Boolean).join(" ");
  return element("li", { class: look }, element("div", { class: "gutter" }, gutter), content);
}
