import type { SendResult } from "../delivery/delivery.ts";
import type { Conversation } from "../workspace/conversations.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** A result for what never left the person's own client. */
export const NOT_SENT: SendResult = { status: 0, body: null, ms: 0, problem: null, raw: null };

/**
 * What every interaction's payload holds.
 *
 * @param workspace - where
 * @param user - who acts
 */
export function gesture(workspace: Workspace, user: string): Record<string, unknown> {
  const { team, appId } = workspace.seed;
  const person = workspace.people.find(user);
  return {
    api_app_id: appId,
    token: "not-used-since-requests-are-signed",
    team: {
      id: team.id,
      domain: team.domain,
      ...(team.enterprise === undefined
        ? {}
        : { enterprise_id: team.enterprise.id, enterprise_name: team.enterprise.name }),
    },
    user: { id: user, username: person?.name, name: person?.name, team_id: person?.team_id ?? team.id },
    enterprise: team.enterprise ?? null,
    is_enterprise_install: false,
  };
}

/**
 * A conversation's name as payloads tell it: Slack hides the name of a private channel there.
 *
 * @param conversation - where the person acts
 */
export function nameInPayload(conversation: Conversation): string {
  if (conversation.kind === "im") return "directmessage";
  return conversation.private ? "privategroup" : conversation.name;
}
