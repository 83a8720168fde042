import { z } from "zod";
import { SlackRefusal } from "../slack-refusal.ts";
import type { Block } from "./blocks.ts";
import { faultsInBlocks } from "./check-blocks.ts";
import { plainText } from "./composition.ts";
import { explain } from "./explain.ts";

/** Slack refuses a view whose JSON is larger (`view_too_large`). */
export const VIEW_BYTES = 250_000;

const frame = z.strictObject({
  type: z.literal("modal"),
  title: plainText(24),
  submit: plainText(24).optional(),
  close: plainText(24).optional(),
  blocks: z.unknown(),
  private_metadata: z.string().max(3000).optional(),
  callback_id: z.string().max(255).optional(),
  external_id: z.string().max(255).optional(),
  clear_on_close: z.boolean().optional(),
  notify_on_close: z.boolean().optional(),
  submit_disabled: z.boolean().optional(),
});

/** A modal as the bot describes it. */
export type ViewFrame = Omit<z.infer<typeof frame>, "blocks"> & { blocks: Block[] };

/**
 * Checks a modal by Block Kit's limits.
 *
 * @param input - what the bot sent
 * @returns the same view, typed
 * @throws SlackRefusal `view_too_large`, or `invalid_arguments` with each fault
 */
export function checkView(input: unknown): ViewFrame {
  if (JSON.stringify(input ?? null).length > VIEW_BYTES) throw new SlackRefusal("view_too_large");
  const parsed = frame.safeParse(input);
  if (!parsed.success) throw new SlackRefusal("invalid_arguments", explain(parsed.error.issues, ["view"]));
  const { blocks, faults } = faultsInBlocks(parsed.data.blocks, { max: 100, under: ["view", "blocks"] });
  if (blocks.some((one) => one.type === "input") && parsed.data.submit === undefined) {
    faults.push("[ERROR] a view with input blocks must have a submit [json-pointer:/view/submit]");
  }
  blocks.forEach((one, at) => {
    if (one.type === "markdown")
      faults.push(`[ERROR] unsupported type: markdown [json-pointer:/view/blocks/${at}/type]`);
  });
  if (faults.length > 0) throw new SlackRefusal("invalid_arguments", faults);
  return { ...parsed.data, blocks };
}
