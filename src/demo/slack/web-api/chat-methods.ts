import { z } from "zod";
import { SlackRefusal } from "../slack-refusal.ts";
import { apiMessage } from "../workspace/api-message.ts";
import { checkContent } from "../workspace/check-content.ts";
import type { Conversation } from "../workspace/conversations.ts";
import type { Message } from "../workspace/message.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { flag, json, method } from "./method.ts";

/** `chat.update` takes no longer text than this (`msg_too_long`), while `chat.postMessage` does. */
const LONGEST_UPDATE = 4000;

const content = {
  text: z.string().optional(),
  blocks: json("invalid_blocks_format").optional(),
  attachments: json("invalid_attachments").optional(),
  metadata: json("invalid_metadata_format").optional(),
  unfurl_links: flag.optional(),
  unfurl_media: flag.optional(),
};

/** Where the bot may write: a person's id means their direct conversation; a public channel needs no membership. */
function writable(workspace: Workspace, id: string): Conversation {
  const isPerson = workspace.people.find(id) !== undefined;
  const found = isPerson ? workspace.conversations.direct(id) : workspace.conversations.forBot(id);
  const inside = found.members.has(workspace.seed.bot.user_id);
  const { scopes } = workspace.seed;
  if (!inside && scopes !== undefined && !scopes.includes("chat:write.public"))
    throw new SlackRefusal("not_in_channel");
  if (found.archived) throw new SlackRefusal("is_archived");
  return found;
}

function checkThread(workspace: Workspace, conversation: Conversation, thread?: string): void {
  if (thread === undefined) return;
  if (workspace.history.root(conversation.id, thread) === undefined) throw new SlackRefusal("thread_not_found");
}

/** A message that the bot wrote itself, and that others see too. */
function own(workspace: Workspace, channel: string, ts: string, otherwise: string): Message {
  const conversation = workspace.conversations.forBot(channel);
  const found = workspace.history.findShared(conversation.id, ts);
  if (found === undefined || found.subtype === "tombstone") throw new SlackRefusal("message_not_found");
  if (found.user !== workspace.seed.bot.user_id) throw new SlackRefusal(otherwise);
  if (conversation.archived) throw new SlackRefusal("is_inactive");
  return found;
}

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

const postMessage = method(
  ["chat:write"],
  { channel: z.string(), thread_ts: z.string().optional(), reply_broadcast: flag.optional(), ...content },
  (workspace, args) => {
    const conversation = writable(workspace, args.channel);
    const said = checkContent(args, workspace.ids);
    checkThread(workspace, conversation, args.thread_ts);
    const subtype = args.reply_broadcast === true && args.thread_ts !== undefined ? "thread_broadcast" : undefined;
    const place = { thread_ts: args.thread_ts, subtype } as const;
    const message = workspace.post(workspace.seed.bot.user_id, conversation, said, place);
    return { channel: conversation.id, ts: message.ts, message: apiMessage(workspace, message, { metadata: true }) };
  },
);

/** Blocks and metadata that are not sent stay; an empty list or object takes them away. */
const update = method(["chat:write"], { channel: z.string(), ts: z.string(), ...content }, (workspace, args) => {
  const message = own(workspace, args.channel, args.ts, "cant_update_message");
  const { metadata, ...sent } = args;
  const said = checkContent(isEmpty(metadata) ? sent : args, workspace.ids, LONGEST_UPDATE);
  const cleared = isEmpty(metadata) ? { metadata: undefined } : {};
  const changed = workspace.edit(message, { ...cleared, ...said });
  const told = apiMessage(workspace, changed, { metadata: true });
  return { channel: message.channel, ts: message.ts, text: changed.text, message: told };
});

const remove = method(["chat:write"], { channel: z.string(), ts: z.string() }, (workspace, args) => {
  workspace.remove(own(workspace, args.channel, args.ts, "cant_delete_message"));
  return { channel: args.channel, ts: args.ts };
});

const postEphemeral = method(
  ["chat:write"],
  { channel: z.string(), user: z.string(), thread_ts: z.string().optional(), ...content },
  (workspace, args) => {
    const conversation = writable(workspace, args.channel);
    const said = checkContent(args, workspace.ids);
    if (!conversation.members.has(args.user)) throw new SlackRefusal("user_not_in_channel");
    checkThread(workspace, conversation, args.thread_ts);
    const place = { thread_ts: args.thread_ts, ephemeralTo: args.user };
    return { message_ts: workspace.post(workspace.seed.bot.user_id, conversation, said, place).ts };
  },
);

const getPermalink = method(null, { channel: z.string(), message_ts: z.string() }, (workspace, args) => {
  const conversation = workspace.conversations.forBot(args.channel);
  const found = workspace.history.findShared(conversation.id, args.message_ts);
  if (found === undefined) throw new SlackRefusal("message_not_found");
  const path = `${conversation.id}/p${found.ts.replace(".", "")}`;
  const thread = found.thread_ts === undefined ? "" : `?thread_ts=${found.thread_ts}&cid=${conversation.id}`;
  return {
    channel: conversation.id,
    permalink: `https://${workspace.seed.team.domain}.slack.com/archives/${path}${thread}`,
  };
});

/** The methods of the `chat` family. */
export const chatMethods = {
  "chat.postMessage": postMessage,
  "chat.update": update,
  "chat.delete": remove,
  "chat.postEphemeral": postEphemeral,
  "chat.getPermalink": getPermalink,
} as const;
