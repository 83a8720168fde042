import { z } from "zod";
import { SlackRefusal } from "../slack-refusal.ts";
import { block } from "./blocks.ts";
import type { Block } from "./blocks.ts";
import type { Element } from "./elements.ts";
import { explain } from "./explain.ts";

/** Measured by users of Slack, nowhere documented: a message's blocks fail at about this many characters of JSON (bolt-js #2509). */
const ALL_BLOCKS = 13_200;

/** The elements of a block that a person can act on, in reading order. */
export function elementsOf(one: Block): Element[] {
  if (one.type === "actions") return one.elements;
  if (one.type === "input") return [one.element];
  if (one.type === "section" && one.accessory !== undefined) return [one.accessory];
  return [];
}

/** The `action_id` of an element; an image has none. */
export function actionIdOf(element: Element): string | undefined {
  return element.type === "image" ? undefined : element.action_id;
}

function repeated(ids: readonly (string | undefined)[]): number[] {
  return ids.flatMap((id, at) => (id !== undefined && ids.indexOf(id) < at ? [at] : []));
}

function duplicates(blocks: readonly Block[], under: string): string[] {
  const blockIds = repeated(blocks.map((one) => one.block_id)).map(
    (at) => `[ERROR] block_id "${blocks[at]?.block_id ?? ""}" already exists [json-pointer:${under}/${at}/block_id]`,
  );
  const actionIds = blocks.flatMap((one, at) => {
    const ids = elementsOf(one).map(actionIdOf);
    return repeated(ids).map(
      (n) => `[ERROR] action_id "${ids[n] ?? ""}" already exists [json-pointer:${under}/${at}/elements/${n}/action_id]`,
    );
  });
  return [...blockIds, ...actionIds];
}

/**
 * Every fault in a list of blocks, as Slack words them; none if it may be shown.
 *
 * @param input - anything
 * @param options - `max`: how many blocks may stand there; `under`: where the list stands in the call
 */
export function faultsInBlocks(
  input: unknown,
  options: { max: number; under: readonly string[] },
): { blocks: Block[]; faults: string[] } {
  const parsed = z.array(block).max(options.max).safeParse(input);
  if (!parsed.success) return { blocks: [], faults: explain(parsed.error.issues, options.under) };
  return { blocks: parsed.data, faults: duplicates(parsed.data, `/${options.under.join("/")}`) };
}

/**
 * Checks the blocks of a message by Block Kit's limits.
 *
 * @param input - what the bot sent
 * @returns the same blocks, typed
 * @throws SlackRefusal `invalid_blocks_format` if it is no list, `invalid_blocks` with each fault, `msg_blocks_too_long`
 */
export function checkBlocks(input: unknown): Block[] {
  if (!Array.isArray(input)) throw new SlackRefusal("invalid_blocks_format");
  const { blocks, faults } = faultsInBlocks(input, { max: 50, under: ["blocks"] });
  if (faults.length > 0) throw new SlackRefusal("invalid_blocks", faults, { errors: faults.map(withoutMark) });
  if (JSON.stringify(input).length > ALL_BLOCKS) throw new SlackRefusal("msg_blocks_too_long");
  return blocks;
}

const withoutMark = (line: string): string => line.replace(/^\[ERROR\] /, "");
