/** @import { Block, BlockElement } from "./types.js" */
/** @import { Names } from "./names.js" */
/** @import { Act } from "./block-controls.js" */
import { drawControl } from "./block-controls.js";
import { element } from "./element.js";
import { renderText } from "./text-object.js";

/** @typedef {{ names: Names, act: Act, control?: typeof drawControl }} BlockContext */

/** @param {Block} block @param {BlockContext} context */
function section(block, context) {
  const text = element("div", { class: "section-text" });
  if (block.text) text.append(element("div", {}, renderText(block.text, context.names)));
  if (block.fields) {
    const fields = block.fields.map((field) => element("div", {}, renderText(field, context.names)));
    text.append(element("div", { class: "fields" }, ...fields));
  }
  const draw = context.control ?? drawControl;
  const accessory = block.accessory ? draw(block.accessory, block.block_id ?? "", context) : null;
  return element("div", { class: "block section" }, text, accessory);
}

/** @param {BlockElement} part @param {Names} names */
function contextPart(part, names) {
  if (typeof part.text !== "string") return null;
  return element("span", {}, renderText({ type: part.type, text: part.text }, names));
}

/**
 * One block of a message or a form, but for inputs, which only forms have. Null for a kind that this page can't draw.
 *
 * @param {Block} block
 * @param {BlockContext} context
 * @returns {HTMLElement | null}
 */
export function renderBlock(block, context) {
  switch (block.type) {
    case "header":
      return element("h3", { class: "block header" }, block.text ? renderText(block.text, context.names) : null);
    case "section":
      return section(block, context);
    case "divider":
      return element("hr", { class: "block" });
    case "context":
      return element(
        "div",
        { class: "block context" },
        ...(block.elements ?? []).map((part) => contextPart(part, context.names)),
      );
    case "actions":
      return element(
        "div",
        { class: "block actions" },
        ...(block.elements ?? []).map((part) => (context.control ?? drawControl)(part, block.block_id ?? "", context)),
      );
    default:
      return null;
  }
}
