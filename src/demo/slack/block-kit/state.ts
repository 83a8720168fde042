import { stateValue } from "./answers.ts";
import type { Answer, StateValue } from "./answers.ts";
import type { Block } from "./blocks.ts";
import { actionIdOf, elementsOf } from "./check-blocks.ts";
import type { Element } from "./elements.ts";

/** Everything that the elements of a message or view hold, by `block_id` and `action_id`. */
export type StateValues = Record<string, Record<string, StateValue>>;
/** What a person puts in, by `block_id`, by `action_id`, or by both. */
export type Answers = Readonly<Record<string, Answer | Readonly<Record<string, Answer>>>>;

/** An element with the ids of its place. */
export type Placed = { block: Block; blockId: string; actionId: string; element: Element };

/** Every element of these blocks that a person can act on. */
export function placedElements(blocks: readonly Block[]): Placed[] {
  return blocks.flatMap((block) =>
    elementsOf(block).flatMap((element) => {
      const actionId = actionIdOf(element);
      return actionId === undefined ? [] : [{ block, blockId: block.block_id ?? "", actionId, element }];
    }),
  );
}

/**
 * What elements hold at a moment.
 *
 * @param blocks - with ids, as stored
 * @param before - what was held before; kept for an element that still stands under the same ids
 */
export function stateOf(blocks: readonly Block[], before: StateValues = {}): StateValues {
  const values: StateValues = {};
  for (const { blockId, actionId, element } of placedElements(blocks)) {
    const kept = before[blockId]?.[actionId];
    const value = kept?.type === element.type ? kept : stateValue(element);
    if (value !== null) values[blockId] = { ...values[blockId], [actionId]: value };
  }
  return values;
}

function isNested(answer: Answer | Readonly<Record<string, Answer>>): answer is Readonly<Record<string, Answer>> {
  return (
    typeof answer === "object" && answer !== null && !Array.isArray(answer) && !("value" in answer && "text" in answer)
  );
}

/**
 * What elements hold after a person filled them in.
 *
 * @param blocks - with ids, as stored
 * @param before - what they held before
 * @param answers - the person's answers
 * @throws Error for an answer that belongs to no element: a mistake of the caller, whom Slack's form would not let make it
 */
export function fillIn(blocks: readonly Block[], before: StateValues, answers: Answers): StateValues {
  const values = stateOf(blocks, before);
  const placed = placedElements(blocks);
  const put = (key: string, answer: Answer, at: Placed | undefined): void => {
    const value = at === undefined ? null : stateValue(at.element, answer);
    if (at === undefined || value === null) throw new Error(`nothing here can be filled in under "${key}"`);
    values[at.blockId] = { ...values[at.blockId], [at.actionId]: value };
  };
  for (const [key, answer] of Object.entries(answers)) {
    if (!isNested(answer)) {
      const at = placed.find((one) => one.blockId === key) ?? placed.find((one) => one.actionId === key);
      put(key, answer, at);
      continue;
    }
    for (const [actionId, inner] of Object.entries(answer)) {
      const at = placed.find((one) => one.blockId === key && one.actionId === actionId);
      put(`${key}/${actionId}`, inner, at);
    }
  }
  return values;
}
