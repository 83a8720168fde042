import { z } from "zod";
import { SlackRefusal } from "../slack-refusal.ts";
import { checkContent } from "./check-content.ts";
import type { Message } from "./message.ts";
import type { ResponsePlace } from "./response-urls.ts";
import type { Workspace } from "./workspace.ts";

const answer = z.object({
  text: z.string().optional(),
  blocks: z.unknown().optional(),
  attachments: z.unknown().optional(),
  metadata: z.unknown().optional(),
  response_type: z.enum(["ephemeral", "in_channel"]).default("ephemeral"),
  replace_original: z.boolean().default(false),
  delete_original: z.boolean().default(false),
  thread_ts: z.string().optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
});

function originalOf(workspace: Workspace, place: ResponsePlace): Message | undefined {
  return place.source === null ? undefined : workspace.history.find(place.channel, place.source.ts);
}

/**
 * Shows what the bot answered to a command or a click, by its ack or its response URL: to that person alone unless it
 * says `in_channel`. After a command there is no original to replace, so a new message appears, as in Slack.
 *
 * @param workspace - where
 * @param place - whom it answers, and which message was clicked
 * @param body - text, or Slack's JSON
 * @throws SlackRefusal `invalid_payload`, `message_not_found`, and those of {@link checkContent}
 */
export function respond(workspace: Workspace, place: ResponsePlace, body: unknown): void {
  const parsed = answer.safeParse(typeof body === "string" ? { text: body } : body);
  if (!parsed.success) throw new SlackRefusal("invalid_payload");
  const sent = parsed.data;
  const touchesOriginal = place.source !== null && (sent.replace_original || sent.delete_original);
  const original = originalOf(workspace, place);
  if (touchesOriginal && original === undefined) throw new SlackRefusal("message_not_found");
  if (touchesOriginal && original !== undefined && sent.delete_original) {
    workspace.remove(original);
    return;
  }
  const content = checkContent(sent, workspace.ids);
  if (touchesOriginal && original !== undefined) {
    workspace.edit(original, { blocks: [], ...content });
    return;
  }
  const conversation = workspace.conversations.find(place.channel);
  if (conversation === undefined) throw new SlackRefusal("channel_not_found");
  const ephemeralTo = sent.response_type === "ephemeral" ? place.user : undefined;
  workspace.post(workspace.seed.bot.user_id, conversation, content, { thread_ts: sent.thread_ts, ephemeralTo });
}
