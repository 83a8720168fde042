import { z } from "zod";
import { SlackRefusal } from "../slack-refusal.ts";
import type { Block } from "./blocks.ts";
import { faultsInBlocks } from "./check-blocks.ts";
import { VIEW_BYTES } from "./check-view.ts";
import { explain } from "./explain.ts";

const frame = z.strictObject({
  type: z.literal("home"),
  blocks: z.unknown(),
  private_metadata: z.string().max(3000).optional(),
  callback_id: z.string().max(255).optional(),
  external_id: z.string().max(255).optional(),
});

/** A Home tab as the bot describes it. */
export type HomeFrame = Omit<z.infer<typeof frame>, "blocks"> & { blocks: Block[] };

/**
 * Checks a Home tab by Block Kit's limits (https://docs.slack.dev/reference/views/home-tab-views): it has neither title nor buttons of
 * its own, and at most 100 blocks.
 *
 * @throws SlackRefusal `view_too_large`, or `invalid_arguments` with each fault
 */
export function checkHome(input: unknown): HomeFrame {
  if (JSON.stringify(input ?? null).length > VIEW_BYTES) throw new SlackRefusal("view_too_large");
  const parsed = frame.safeParse(input);
  if (!parsed.success) throw new SlackRefusal("invalid_arguments", explain(parsed.error.issues, ["view"]));
  const { blocks, faults } = faultsInBlocks(parsed.data.blocks, { max: 100, under: ["view", "blocks"] });
  blocks.forEach((one, at) => {
    if (one.type === "markdown")
      faults.push(`[ERROR] unsupported type: markdown [json-pointer:/view/blocks/${at}/type]`);
  });
  if (faults.length > 0) throw new SlackRefusal("invalid_arguments", faults);
  return { ...parsed.data, blocks };
}
