import { stateValue } from "../block-kit/answers.ts";
import type { Answer } from "../block-kit/answers.ts";
import { choicesOf } from "../block-kit/elements.ts";
import { placedElements } from "../block-kit/state.ts";
import type { Placed } from "../block-kit/state.ts";
import type { Block } from "../block-kit/blocks.ts";

/** What a person clicks: an `action_id`, or a button by its text, and for a menu what they choose. */
export type Target = string | { text?: string; action_id?: string; block_id?: string; choose?: Answer };

const textOf = ({ element }: Placed): string | undefined => (element.type === "button" ? element.text.text : undefined);

/**
 * Finds what a person clicks.
 *
 * @param blocks - what they see
 * @param target - what they look for
 * @throws Error if it isn't there, or if there are several
 */
export function findTarget(blocks: readonly Block[], target: Target): Placed {
  const wanted: Exclude<Target, string> = typeof target === "string" ? { action_id: target } : target;
  const found = placedElements(blocks).filter(
    (one) =>
      (wanted.action_id === undefined || one.actionId === wanted.action_id) &&
      (wanted.block_id === undefined || one.blockId === wanted.block_id) &&
      (wanted.text === undefined || textOf(one) === wanted.text),
  );
  const [only, another] = found;
  if (only !== undefined && another === undefined) return only;
  const there = placedElements(blocks).map((one) => textOf(one) ?? one.actionId);
  const several = only === undefined ? "no" : "more than one";
  throw new Error(`${several} element fits ${JSON.stringify(wanted)}; there are: ${there.join(", ") || "none"}`);
}

/**
 * A click as it stands in a payload's `actions`.
 *
 * @param placed - what was clicked
 * @param answer - what was chosen, for a menu
 * @param at - the click's own timestamp
 */
export function actionFor(placed: Placed, answer: Answer | undefined, at: string): Record<string, unknown> {
  const { element, blockId, actionId } = placed;
  const base = { action_id: actionId, block_id: blockId, action_ts: at };
  if (element.type === "button") {
    const { type, text, value, style } = element;
    return {
      type,
      text,
      ...(value === undefined ? {} : { value }),
      ...(style === undefined ? {} : { style }),
      ...base,
    };
  }
  if (element.type === "overflow") {
    const option = choicesOf(element).find((one) => one.value === answer || one.text.text === answer);
    if (option === undefined) throw new Error(`the menu has no option ${JSON.stringify(answer)}`);
    return { type: element.type, selected_option: option, ...base };
  }
  const placeholder = "placeholder" in element && element.placeholder ? { placeholder: element.placeholder } : {};
  return { ...stateValue(element, answer), ...placeholder, ...base };
}
