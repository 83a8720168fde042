import { fillIn, stateOf } from "../block-kit/state.ts";
import type { Placed } from "../block-kit/state.ts";
import type { Block } from "../block-kit/blocks.ts";
import type { SendResult, Tamper } from "../delivery/delivery.ts";
import { apiMessage } from "../workspace/api-message.ts";
import { apiView } from "../workspace/api-view.ts";
import type { Message } from "../workspace/message.ts";
import type { View } from "../workspace/views.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { gesture, nameInPayload, NOT_SENT } from "./gesture.ts";
import { actionFor, findTarget } from "./target.ts";
import type { Target } from "./target.ts";

function chosenIn(target: Target): Extract<Target, object>["choose"] {
  return typeof target === "string" ? undefined : target.choose;
}

function valuesAfter(
  blocks: readonly Block[],
  placed: Placed,
  target: Target,
  before = stateOf(blocks),
): typeof before {
  const answer = chosenIn(target);
  const { type } = placed.element;
  if (answer === undefined || type === "button" || type === "overflow") return before;
  return fillIn(blocks, before, { [placed.blockId]: { [placed.actionId]: answer } });
}

/**
 * Clicks in a message. The message may be an older copy than what stands there now: that is what a person sees whose
 * client has not caught up, and what the bot must withstand.
 *
 * @param workspace - where
 * @param user - who clicks
 * @param message - what they see
 * @param target - what they click
 * @param tamper - what a test forges
 * @throws Error if they can't see the message, or the message has no such element
 */
export async function clickMessage(
  workspace: Workspace,
  user: string,
  message: Message,
  target: Target,
  tamper: Tamper,
): Promise<SendResult> {
  const conversation = workspace.conversations.find(message.channel);
  const mayRead = conversation !== undefined && workspace.conversations.mayRead(user, conversation);
  if (!mayRead || (message.ephemeralTo ?? user) !== user)
    throw new Error(`${user} can't see the message ${message.ts}`);
  const blocks = message.blocks ?? [];
  const placed = findTarget(blocks, target);
  const ephemeral = message.ephemeralTo !== undefined;
  const thread = message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts };
  const payload = {
    type: "block_actions",
    ...gesture(workspace, user),
    container: {
      type: "message",
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: ephemeral,
      ...thread,
    },
    trigger_id: workspace.triggers.issue(user),
    channel: { id: conversation.id, name: nameInPayload(conversation) },
    ...(ephemeral ? {} : { message: apiMessage(workspace, message, { metadata: true }) }),
    state: { values: valuesAfter(blocks, placed, target) },
    response_url: workspace.responseUrls.issue({ user, channel: message.channel, source: { ts: message.ts } }),
    actions: [actionFor(placed, chosenIn(target), workspace.ids.ts())],
  };
  const result = await workspace.delivery.send({ kind: "interactive", payload }, tamper);
  if (result.problem !== null) {
    const what = placed.element.type === "button" ? placed.element.text.text : placed.actionId;
    workspace.tell(user, conversation, `${what} failed with the error "${result.problem}"`);
  }
  return result;
}

/**
 * Acts inside a modal. An input that doesn't dispatch is only filled in: nothing is sent.
 *
 * @param workspace - where
 * @param view - the modal, which must still be open
 * @param target - what is clicked or chosen
 * @param tamper - what a test forges
 */
export async function clickView(workspace: Workspace, view: View, target: Target, tamper: Tamper): Promise<SendResult> {
  const placed = findTarget(view.blocks, target);
  const values = valuesAfter(view.blocks, placed, target, view.values);
  const noted = workspace.modals.note(view, { values });
  if (placed.block.type === "input" && placed.block.dispatch_action !== true) return NOT_SENT;
  const payload = {
    type: "block_actions",
    ...gesture(workspace, view.user),
    container: { type: "view", view_id: view.id },
    trigger_id: workspace.triggers.issue(view.user, view.id),
    view: apiView(workspace, noted),
    state: { values },
    actions: [actionFor(placed, chosenIn(target), workspace.ids.ts())],
  };
  return workspace.delivery.send({ kind: "interactive", payload }, tamper);
}
