import type { Block } from "../block-kit/blocks.ts";
import type { Element } from "../block-kit/elements.ts";
import type { Message } from "./message.ts";
import { readMrkdwn } from "./mrkdwn.ts";
import type { Names } from "./mrkdwn.ts";

type Text = { type: string; text: string };

function read(text: Text, names: Names): string {
  return text.type === "mrkdwn" ? readMrkdwn(text.text, names) : text.text;
}

function readElement(element: Element): string {
  if (element.type === "button") return `[${element.text.text}]`;
  if (element.type === "image") return `(${element.alt_text})`;
  if ("placeholder" in element && element.placeholder !== undefined) return `[${element.placeholder.text}]`;
  return `[${element.type}]`;
}

/** The words of rich text, wherever they are nested. */
function richWords(node: unknown): string {
  if (Array.isArray(node)) return node.map(richWords).join("");
  if (typeof node !== "object" || node === null) return "";
  if ("text" in node && typeof node.text === "string") return node.text;
  return "elements" in node ? richWords(node.elements) : "";
}

function lines(block: Block, names: Names): string[] {
  switch (block.type) {
    case "header":
      return [block.text.text];
    case "section": {
      const texts = [...(block.text === undefined ? [] : [block.text]), ...(block.fields ?? [])];
      const beside = block.accessory === undefined ? [] : [readElement(block.accessory)];
      return [...texts.map((text) => read(text, names)), ...beside];
    }
    case "context":
      return [block.elements.map((one) => (one.type === "image" ? `(${one.alt_text})` : read(one, names))).join(" ")];
    case "actions":
      return [block.elements.map(readElement).join(" ")];
    case "input":
      return [`${block.label.text}: ${readElement(block.element)}`];
    case "image":
      return [`(${block.alt_text})`];
    case "markdown":
      return [block.text];
    case "rich_text":
      return [richWords(block.elements)];
    case "divider":
      return [];
  }
}

/**
 * Blocks as lines of plain text.
 *
 * @param blocks - of a message or a view
 * @param names - who and what the ids stand for
 */
export function readBlocks(blocks: readonly Block[], names: Names): string {
  return blocks.flatMap((block) => lines(block, names)).join("\n");
}

/**
 * A message as a person reads it. Where there are blocks, they are what is shown; `text` is for the notification.
 *
 * @param message - any message
 * @param names - who and what the ids stand for
 */
export function readMessage(message: Pick<Message, "text" | "blocks" | "files">, names: Names): string {
  const { blocks, text, files = [] } = message;
  const said = blocks === undefined || blocks.length === 0 ? readMrkdwn(text, names) : readBlocks(blocks, names);
  return [said, ...files.map(({ name }) => `📎 ${name}`)].join("\n");
}
