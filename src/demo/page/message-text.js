/** @import { Message } from "./types.js" */
import { decode } from "./mrkdwn.js";

/**
 * Every text in a message, in the order in which it is read.
 *
 * @param {Message} message
 */
export function textsOf(message) {
  const blocks = message.blocks.flatMap((block) => [
    block.text?.text,
    ...(block.fields ?? []).map((field) => field.text),
    ...(block.elements ?? []).map((part) => (typeof part.text === "string" ? part.text : undefined)),
  ]);
  return decode([...blocks, message.text].filter((text) => text !== undefined).join("\n"));
}
