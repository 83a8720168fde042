/** @import { TextObject } from "./types.js" */
/** @import { Names } from "./names.js" */
import { plain, renderMrkdwn } from "./mrkdwn.js";

/**
 * A Block Kit text object as DOM.
 *
 * @param {TextObject} text
 * @param {Names} names
 * @returns {Node}
 */
export function renderText(text, names) {
  return text.type === "mrkdwn" ? renderMrkdwn(text.text, names) : document.createTextNode(plain(text.text));
}
