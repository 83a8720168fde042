import { z } from "zod";
import { isEmpty } from "../block-kit/answers.ts";
import type { StateValue } from "../block-kit/answers.ts";
import { checkView } from "../block-kit/check-view.ts";
import type { InputBlock } from "../block-kit/blocks.ts";
import { fillIn } from "../block-kit/state.ts";
import type { Answers, StateValues } from "../block-kit/state.ts";
import type { SendResult, Tamper } from "../delivery/delivery.ts";
import { SlackRefusal } from "../slack-refusal.ts";
import { apiView } from "../workspace/api-view.ts";
import type { View } from "../workspace/views.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { gesture, NOT_SENT } from "./gesture.ts";

/** What Slack shows in a modal when the bot's answer is missing or makes no sense. */
const TROUBLE = "We had some trouble connecting. Try again?";

const ack = z.discriminatedUnion("response_action", [
  z.strictObject({ response_action: z.literal("errors"), errors: z.record(z.string(), z.string().min(1)) }),
  z.strictObject({ response_action: z.literal("update"), view: z.unknown() }),
  z.strictObject({ response_action: z.literal("push"), view: z.unknown() }),
  z.strictObject({ response_action: z.literal("clear") }),
]);

function complaint(block: InputBlock, value: StateValue | undefined): string | null {
  if (value === undefined || isEmpty(value))
    return block.optional === true ? null : "Please complete this required field.";
  const { element } = block;
  if (element.type !== "plain_text_input") return null;
  const { length } = String(value["value"]);
  const { min_length: min = 0, max_length: max = 3000 } = element;
  if (length < min) return `Please enter at least ${min} characters.`;
  return length > max ? `Please enter at most ${max} characters.` : null;
}

/** What Slack's own form refuses before it sends anything. */
function complaints(view: View, values: StateValues): Record<string, string> {
  const found: Record<string, string> = {};
  for (const block of view.blocks) {
    if (block.type !== "input") continue;
    const id = block.block_id ?? "";
    const text = complaint(block, values[id]?.[block.element.action_id ?? ""]);
    if (text !== null) found[id] = text;
  }
  return found;
}

/** Does what the ack says. @returns the problem, or null */
function apply(workspace: Workspace, view: View, body: unknown): string | null {
  if (body === null || (typeof body === "object" && Object.keys(body).length === 0)) {
    workspace.modals.close(view);
    return null;
  }
  const parsed = ack.safeParse(body);
  if (!parsed.success) return "invalid_response";
  const answer = parsed.data;
  switch (answer.response_action) {
    case "clear":
      workspace.modals.clear(view.user);
      return null;
    case "errors": {
      const inputs = view.blocks.filter((one) => one.type === "input").map((one) => one.block_id);
      if (Object.keys(answer.errors).some((id) => !inputs.includes(id))) return "invalid_errors";
      workspace.modals.note(view, { errors: answer.errors });
      return null;
    }
    case "update":
      workspace.modals.update(view, checkView(answer.view));
      return null;
    case "push":
      workspace.modals.push(view.user, checkView(answer.view));
      return null;
  }
}

function applyOrExplain(workspace: Workspace, view: View, body: unknown): string | null {
  try {
    return apply(workspace, view, body);
  } catch (error) {
    if (error instanceof SlackRefusal) return error.message;
    throw error;
  }
}

/**
 * Presses a modal's submit. Incomplete forms are held back by Slack's own checks; what the bot answers is done.
 *
 * @param workspace - where
 * @param view - the modal, which must still be open
 * @param answers - what the person puts in first
 * @param tamper - what a test forges
 */
export async function submitView(
  workspace: Workspace,
  view: View,
  answers: Answers,
  tamper: Tamper,
): Promise<SendResult> {
  const values = fillIn(view.blocks, view.values, answers);
  const errors = complaints(view, values);
  const noted = workspace.modals.note(view, { values, errors, trouble: null });
  const [first] = Object.values(errors);
  if (first !== undefined) return { ...NOT_SENT, problem: first };
  const payload = {
    type: "view_submission",
    ...gesture(workspace, view.user),
    trigger_id: workspace.triggers.issue(view.user, view.id),
    view: apiView(workspace, noted),
    response_urls: [],
  };
  const result = await workspace.delivery.send({ kind: "interactive", payload }, tamper);
  const current = workspace.modals.find(view.id);
  if (current === undefined) return result;
  const problem = result.problem ?? applyOrExplain(workspace, current, result.body);
  if (problem !== null) workspace.modals.note(current, { trouble: TROUBLE });
  return { ...result, problem };
}

/**
 * Closes a modal; the bot hears of it if it asked to.
 *
 * @param workspace - where
 * @param view - the modal, which must still be open
 * @param tamper - what a test forges
 */
export async function closeView(workspace: Workspace, view: View, tamper: Tamper): Promise<SendResult> {
  const cleared = view.clear_on_close === true;
  if (cleared) workspace.modals.clear(view.user);
  else workspace.modals.close(view);
  if (view.notify_on_close !== true) return NOT_SENT;
  const payload = {
    type: "view_closed",
    ...gesture(workspace, view.user),
    view: apiView(workspace, view),
    is_cleared: cleared,
  };
  return workspace.delivery.send({ kind: "interactive", payload }, tamper);
}
