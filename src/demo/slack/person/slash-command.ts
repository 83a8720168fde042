import type { SendResult, Tamper } from "../delivery/delivery.ts";
import { SlackRefusal } from "../slack-refusal.ts";
import type { Conversation } from "../workspace/conversations.ts";
import { respond } from "../workspace/respond.ts";
import type { ResponsePlace } from "../workspace/response-urls.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { nameInPayload } from "./gesture.ts";

/** Shows the ack; what can't be shown is a problem, as it is in Slack. */
function show(workspace: Workspace, place: ResponsePlace, body: unknown): string | null {
  if (body === null) return null;
  try {
    respond(workspace, place, body);
    return null;
  } catch (error) {
    if (error instanceof SlackRefusal) return error.error;
    throw error;
  }
}

/**
 * Types a slash command. What goes wrong is told by Slackbot in Slack's words.
 *
 * @param workspace - where
 * @param user - who types
 * @param conversation - in which channel
 * @param line - the command with its slash, and what stands behind it
 * @param tamper - what a test forges
 */
export async function slashCommand(
  workspace: Workspace,
  user: string,
  conversation: Conversation,
  line: { command: string; text: string },
  tamper: Tamper,
): Promise<SendResult> {
  const { team, appId } = workspace.seed;
  const place: ResponsePlace = { user, channel: conversation.id, source: null };
  const payload = {
    token: "not-used-since-requests-are-signed",
    team_id: team.id,
    team_domain: team.domain,
    ...(team.enterprise === undefined
      ? {}
      : { enterprise_id: team.enterprise.id, enterprise_name: team.enterprise.name }),
    channel_id: conversation.id,
    channel_name: nameInPayload(conversation),
    user_id: user,
    user_name: workspace.people.find(user)?.name ?? "",
    command: line.command,
    text: line.text,
    api_app_id: appId,
    is_enterprise_install: "false",
    response_url: workspace.responseUrls.issue(place),
    trigger_id: workspace.triggers.issue(user),
  };
  const result = await workspace.delivery.send({ kind: "slash_commands", payload }, tamper);
  const problem = result.problem ?? show(workspace, place, result.body);
  if (problem !== null) workspace.tell(user, conversation, `${line.command} failed with the error "${problem}"`);
  return { ...result, problem };
}
