import { z } from "zod";
import { option, optionGroup } from "../block-kit/composition.ts";
import type { Option } from "../block-kit/composition.ts";
import type { SendResult } from "../delivery/delivery.ts";
import { apiView } from "../workspace/api-view.ts";
import type { View } from "../workspace/views.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { gesture } from "./gesture.ts";
import { findTarget } from "./target.ts";

const answer = z.union([
  z.strictObject({ options: z.array(option).max(100) }),
  z.strictObject({ option_groups: z.array(optionGroup).max(100) }),
]);

/**
 * Types into a menu whose options the bot gives.
 *
 * @param workspace - where
 * @param view - the modal it stands in
 * @param actionId - the menu
 * @param typed - the letters so far
 * @returns the options the person is offered, none if the bot's answer is refused
 */
export async function suggest(
  workspace: Workspace,
  view: View,
  actionId: string,
  typed: string,
): Promise<SendResult & { options: Option[] }> {
  const { blockId } = findTarget(view.blocks, actionId);
  const payload = {
    type: "block_suggestion",
    ...gesture(workspace, view.user),
    container: { type: "view", view_id: view.id },
    view: apiView(workspace, view),
    action_id: actionId,
    block_id: blockId,
    value: typed,
  };
  const result = await workspace.delivery.send({ kind: "interactive", payload });
  const parsed = answer.safeParse(result.body);
  if (!parsed.success) return { ...result, problem: result.problem ?? "invalid_options", options: [] };
  const { data } = parsed;
  return { ...result, options: "options" in data ? data.options : data.option_groups.flatMap((one) => one.options) };
}
