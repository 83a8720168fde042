import { z } from "zod";
import { SlackRefusal } from "../slack-refusal.ts";
import { apiMessage } from "../workspace/api-message.ts";
import type { Conversation } from "../workspace/conversations.ts";
import type { Message } from "../workspace/message.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { count, flag, method } from "./method.ts";
import { pageOf } from "./page-of.ts";

const READ = ["channels:read", "groups:read", "im:read", "mpim:read"];
const HISTORY = ["channels:history", "groups:history", "im:history", "mpim:history"];
const TYPES = ["public_channel", "private_channel", "im", "mpim"];

function describe(workspace: Workspace, conversation: Conversation): Record<string, unknown> {
  const { id, name, kind, topic, archived, extShared, members, person } = conversation;
  const shared = { is_shared: extShared, is_ext_shared: extShared, is_pending_ext_shared: false, is_org_shared: false };
  if (kind === "im")
    return { id, created: 0, is_im: true, user: person, is_archived: archived, is_open: true, ...shared };
  return {
    id,
    name,
    name_normalized: name,
    created: 0,
    is_channel: true,
    is_group: false,
    is_im: false,
    is_mpim: false,
    is_private: conversation.private,
    is_archived: archived,
    is_member: members.has(workspace.seed.bot.user_id),
    ...shared,
    topic: { value: topic, creator: "", last_set: 0 },
    purpose: { value: "", creator: "", last_set: 0 },
    num_members: members.size,
  };
}

const typeOf = (one: Conversation): string => {
  if (one.kind === "im") return "im";
  return one.private ? "private_channel" : "public_channel";
};

const open = method(
  ["im:write", "mpim:write", "channels:manage", "groups:write"],
  { users: z.string().optional(), channel: z.string().optional(), return_im: flag.optional() },
  (workspace, { users = "", channel, return_im }) => {
    const ids = users.split(",").filter((id) => id !== "");
    if (ids.length > 1) throw new SlackRefusal("method_not_supported_for_channel_type");
    const [user] = ids;
    if (user === undefined && channel === undefined) throw new SlackRefusal("users_list_not_supplied");
    const before = workspace.conversations.all().length;
    const found = user === undefined ? workspace.conversations.readableByBot(channel ?? "") : workspace.dm(user);
    const known = workspace.conversations.all().length === before;
    const told = return_im === true ? describe(workspace, found) : { id: found.id };
    return { channel: told, ...(known ? { no_op: true, already_open: true } : {}) };
  },
);

/** What tells of a conversation is of its kind: the scope for private channels tells nothing of a public one. */
const READ_OF: Readonly<Record<string, string>> = {
  public_channel: "channels:read",
  private_channel: "groups:read",
  im: "im:read",
};

const info = method(READ, { channel: z.string() }, (workspace, { channel }) => {
  const found = workspace.conversations.forBot(channel);
  const [needed = "", { scopes }] = [READ_OF[typeOf(found)], workspace.seed];
  if (scopes !== undefined && !scopes.includes(needed))
    throw new SlackRefusal("missing_scope", [], { needed, provided: scopes.join(",") });
  return { channel: describe(workspace, found) };
});

const list = method(
  READ,
  {
    types: z.string().default("public_channel"),
    exclude_archived: flag.optional(),
    limit: count.default(100),
    cursor: z.string().optional(),
  },
  (workspace, args) => {
    const types = args.types.split(",").map((one) => one.trim());
    if (types.some((one) => !TYPES.includes(one))) throw new SlackRefusal("invalid_types");
    const bot = workspace.seed.bot.user_id;
    const found = workspace.conversations
      .all()
      .filter((one) => types.includes(typeOf(one)) && (!one.private || one.members.has(bot)))
      .filter((one) => args.exclude_archived !== true || !one.archived);
    const { items, response_metadata } = pageOf(found, args.limit, args.cursor);
    return { channels: items.map((one) => describe(workspace, one)), response_metadata };
  },
);

const members = method(
  READ,
  { channel: z.string(), limit: count.default(100), cursor: z.string().optional() },
  (workspace, args) => {
    const inside = [...workspace.conversations.forBot(args.channel).members];
    const { items, response_metadata } = pageOf(inside, args.limit, args.cursor);
    return { members: items, response_metadata };
  },
);

const join = method(["channels:join"], { channel: z.string() }, (workspace, { channel }) => {
  const found = workspace.conversations.forBot(channel);
  if (found.kind === "im") throw new SlackRefusal("method_not_supported_for_channel_type");
  if (found.archived) throw new SlackRefusal("is_archived");
  found.members.add(workspace.seed.bot.user_id);
  return { channel: describe(workspace, found) };
});

const span = {
  channel: z.string(),
  limit: count.default(100),
  cursor: z.string().optional(),
  oldest: z.string().default("0"),
  latest: z.string().optional(),
  inclusive: flag.optional(),
  include_all_metadata: flag.optional(),
};

type Span = { oldest: string; latest?: string | undefined; inclusive?: boolean | undefined };

const digits = /^\d+(\.\d+)?$/;

function checkSpan({ oldest, latest }: Span): void {
  if (!digits.test(oldest)) throw new SlackRefusal("invalid_ts_oldest");
  if (latest !== undefined && !digits.test(latest)) throw new SlackRefusal("invalid_ts_latest");
}

function within(message: Message, { oldest, latest, inclusive }: Span): boolean {
  const at = Number(message.ts);
  const [from, to] = [Number(oldest), latest === undefined ? Infinity : Number(latest)];
  return inclusive === true ? at >= from && at <= to : at > from && at < to;
}

const history = method(HISTORY, span, (workspace, args) => {
  checkSpan(args);
  const conversation = workspace.conversations.readableByBot(args.channel);
  const inChannel = (one: Message): boolean =>
    (one.thread_ts ?? one.ts) === one.ts || one.subtype === "thread_broadcast";
  const found = workspace.history
    .shared(conversation.id)
    .filter((one) => inChannel(one) && within(one, args))
    .reverse();
  const { items, more, response_metadata } = pageOf(found, args.limit, args.cursor);
  const metadata = args.include_all_metadata === true;
  return {
    messages: items.map((one) => apiMessage(workspace, one, { metadata })),
    has_more: more,
    pin_count: 0,
    ...(more ? { response_metadata } : {}),
  };
});

const replies = method(HISTORY, { ...span, ts: z.string() }, (workspace, args) => {
  checkSpan(args);
  const conversation = workspace.conversations.readableByBot(args.channel);
  const first = workspace.history.findShared(conversation.id, args.ts);
  if (first === undefined) throw new SlackRefusal("thread_not_found");
  const rest = workspace.history.replies(conversation.id, args.ts).filter((one) => within(one, args));
  const { items, more, response_metadata } = pageOf([first, ...rest], args.limit, args.cursor);
  const metadata = args.include_all_metadata === true;
  return {
    messages: items.map((one) => apiMessage(workspace, one, { metadata })),
    has_more: more,
    ...(more ? { response_metadata } : {}),
  };
});

/** The methods of the `conversations` family. */
export const conversationMethods = {
  "conversations.open": open,
  "conversations.info": info,
  "conversations.list": list,
  "conversations.members": members,
  "conversations.join": join,
  "conversations.history": history,
  "conversations.replies": replies,
} as const;
