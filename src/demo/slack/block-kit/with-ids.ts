import type { Block } from "./blocks.ts";
import { elementsOf } from "./check-blocks.ts";

/**
 * Blocks with a `block_id` and an `action_id` each, as Slack gives to those that the bot left unnamed.
 *
 * @param blocks - checked blocks
 * @param makeId - a new id at each call
 */
export function withIds(blocks: readonly Block[], makeId: () => string): Block[] {
  const copy = structuredClone([...blocks]);
  for (const one of copy) {
    one.block_id ??= makeId();
    for (const element of elementsOf(one)) {
      if (element.type !== "image") element.action_id ??= makeId();
    }
  }
  return copy;
}
