/** @import { Names } from "./names.js" */
import { element } from "./element.js";
import { withEmoji } from "./emoji.js";
import { formatDate } from "./format-date.js";

/** Slack escapes exactly these three. @param {string} text */
export const decode = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** What a person typed, as Slack's clients send it. @param {string} text */
export const encode = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Text with neither marks nor mentions: a `plain_text` object, a button, a title. @param {string} text */
export const plain = (text) => withEmoji(decode(text));

/** What may stand inside a line: code, `<…>`, and the three paired marks where they stand at a word's edge. */
const INLINE =
  /`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*])\*(?=\S)([^*\n]*[^*\s])\*(?![\w*])|(?<![\w_])_(?=\S)([^_\n]*[^_\s])_(?![\w_])|(?<![\w~])~(?=\S)([^~\n]*[^~\s])~(?![\w~])/g;

/**
 * What stands between `<` and `>`: a mention, a date or a link. Only web and mail addresses become links.
 *
 * @param {string} inside
 * @param {Names} names
 * @returns {Node}
 */
function reference(inside, names) {
  const cut = inside.indexOf("|");
  const target = cut === -1 ? inside : inside.slice(0, cut);
  const label = cut === -1 ? undefined : decode(inside.slice(cut + 1));
  const id = target.slice(1);
  if (target.startsWith("@")) return element("span", { class: "mention" }, `@${names.person(id)}`);
  if (target.startsWith("#")) return element("span", { class: "mention" }, `#${label || names.channel(id)}`);
  const date = /^!date\^(\d+)\^([^^]*)/.exec(target);
  if (date) {
    const at = Number(date[1]);
    const when = new Date(at * 1000);
    if (Number.isNaN(when.getTime())) return document.createTextNode(label ?? "");
    const shown = formatDate(at, date[2] ?? "", new Date());
    return element("time", { datetime: when.toISOString(), title: when.toString() }, shown);
  }
  if (target.startsWith("!subteam^"))
    return element("span", { class: "mention" }, label ?? `@${names.group(target.slice("!subteam^".length))}`);
  if (target.startsWith("!")) return element("span", { class: "mention" }, label ?? `@${id}`);
  if (!/^(https?:\/\/|mailto:)/i.test(target)) return document.createTextNode(decode(`<${inside}>`));
  const attributes = { href: decode(target), target: "_blank", rel: "noopener noreferrer" };
  return element("a", attributes, label || decode(target));
}

/**
 * @param {string} text
 * @param {Names} names
 * @returns {Node[]}
 */
function inline(text, names) {
  /** @type {Node[]} */
  const nodes = [];
  /** @param {string} raw */
  const words = (raw) => raw && nodes.push(document.createTextNode(plain(raw)));
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    words(text.slice(from, match.index));
    const [whole, code, inside, bold, italic, struck] = match;
    if (code !== undefined) nodes.push(element("code", {}, decode(code)));
    else if (inside !== undefined) nodes.push(reference(inside, names));
    else if (bold !== undefined) nodes.push(element("strong", {}, ...inline(bold, names)));
    else if (italic !== undefined) nodes.push(element("em", {}, ...inline(italic, names)));
    else if (struck !== undefined) nodes.push(element("s", {}, ...inline(struck, names)));
    from = match.index + whole.length;
  }
  words(text.slice(from));
  return nodes;
}

/**
 * Lines outside code: quotes become quotes, the rest keeps its line breaks.
 *
 * @param {string} text
 * @param {Names} names
 * @param {ParentNode} into
 */
function lines(text, names, into) {
  /** @type {HTMLElement | null} */
  let quote = null;
  for (const [number, line] of text.split("\n").entries()) {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quoted) {
      if (quote) quote.append(element("br"));
      else into.append((quote = element("blockquote")));
      quote.append(...inline(quoted[1] ?? "", names));
    } else {
      if (number > 0 && !quote) into.append(element("br"));
      quote = null;
      into.append(...inline(line, names));
    }
  }
}

/**
 * Draws Slack's mrkdwn.
 *
 * @param {string} text
 * @param {Names} names - how ids in mentions read
 * @returns {DocumentFragment}
 */
export function renderMrkdwn(text, names) {
  const drawn = document.createDocumentFragment();
  for (const [number, part] of text.split("```").entries()) {
    if (number % 2 === 1) drawn.append(element("pre", {}, decode(part.replace(/^\n|\n$/g, ""))));
    else if (part.trim() !== "") lines(part.replace(/^\n|\n$/g, ""), names, drawn);
  }
  return drawn;
}
