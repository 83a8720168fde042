import type { Block } from "../block-kit/blocks.ts";
import type { StateValues } from "../block-kit/state.ts";
import type { Conversation } from "./conversations.ts";
import { SLACKBOT } from "./message.ts";
import type { Message } from "./message.ts";
import type { View } from "./views.ts";
import type { Workspace } from "./workspace.ts";

/** Someone as others see them. */
export type SeenPerson = {
  id: string;
  name: string;
  real_name: string;
  tz: string;
  presence: "active" | "away";
  title?: string;
  is_bot?: true;
  deleted?: true;
};

/** A message as one person sees it. `user` names a person, `bot` the bot's user or Slackbot: one of the two. */
export type SeenMessage = {
  ts: string;
  user?: string;
  bot?: string;
  text: string;
  blocks: Block[];
  files?: { id: string; name: string; title: string; alt?: string }[];
  thread_ts?: string;
  reply_count?: number;
  ephemeral?: true;
  edited?: true;
  deleted?: true;
};

/** The open modal as its person sees it. */
export type SeenView = {
  id: string;
  callback_id: string;
  title: string;
  submit: string | null;
  close: string;
  blocks: Block[];
  values: StateValues;
  errors: Record<string, string>;
  trouble: string | null;
  /** How many modals stand on each other; "back" instead of "close" above 1. */
  depth: number;
};

/** All that one person may see. */
export type Snapshot = {
  version: number;
  team: { id: string; name: string };
  me: SeenPerson;
  people: SeenPerson[];
  userGroups: { id: string; handle: string }[];
  channels: { id: string; name: string; private: boolean; topic?: string }[];
  dms: { id: string; with: string }[];
  messages: Record<string, SeenMessage[]>;
  view: SeenView | null;
  /** The Home tab of the app; null until the app publishes one. */
  home: { id: string; blocks: Block[] } | null;
};

function people(workspace: Workspace): SeenPerson[] {
  const seen = workspace.people
    .all()
    .map(({ id, name, real_name, tz, presence, title, is_bot, deleted }): SeenPerson => {
      const about = { id, name, real_name, tz, presence, ...(title === undefined ? {} : { title }) };
      return { ...about, ...(is_bot ? { is_bot } : {}), ...(deleted ? { deleted } : {}) };
    });
  const slackbot: SeenPerson = {
    ...{ id: SLACKBOT, name: "slackbot", real_name: "Slackbot" },
    tz: "Etc/UTC",
    presence: "active",
  };
  return [...seen, { ...slackbot, is_bot: true }];
}

function seenMessage(workspace: Workspace, message: Message): SeenMessage {
  const { channel, ts, user, text, blocks, files, thread_ts, ephemeralTo, edited, subtype } = message;
  const isBot = user === SLACKBOT || workspace.people.find(user)?.is_bot === true;
  const facts = workspace.history.threadFacts(channel, ts);
  return {
    ts,
    ...(isBot ? { bot: user } : { user }),
    text,
    blocks: blocks ?? [],
    ...(files === undefined
      ? {}
      : {
          files: files.map(({ id, name, title, alt_txt: alt }) => ({
            id,
            name,
            title,
            ...(alt !== undefined && { alt }),
          })),
        }),
    ...(thread_ts === undefined ? {} : { thread_ts }),
    ...(facts === null ? {} : { reply_count: facts.reply_count }),
    ...(ephemeralTo === undefined ? {} : { ephemeral: true }),
    ...(edited === undefined ? {} : { edited: true }),
    ...(subtype === "tombstone" ? { deleted: true } : {}),
  };
}

function seenView(view: View, depth: number): SeenView {
  return {
    id: view.id,
    callback_id: view.callback_id ?? "",
    title: view.title.text,
    submit: view.submit?.text ?? null,
    close: view.close?.text ?? "Cancel",
    blocks: view.blocks,
    values: view.values,
    errors: { ...view.errors },
    trouble: view.trouble,
    depth,
  };
}

const isIm = (one: Conversation): boolean => one.kind === "im";

/**
 * All that one person may see: the channels they are in, their direct conversation, what is only for them, their modal.
 *
 * @param workspace - the whole
 * @param user - a user id
 * @throws Error if there is no such person
 */
export function snapshotFor(workspace: Workspace, user: string): Snapshot {
  const everyone = people(workspace);
  const me = everyone.find(({ id }) => id === user);
  if (me === undefined) throw new Error(`no user ${user} in this workspace`);
  const mine = workspace.conversations.all().filter((one) => one.members.has(user));
  const stack = workspace.modals.stack(user);
  const top = stack.at(-1);
  const home = workspace.homes.of(user);
  const visible = (message: Message): boolean => (message.ephemeralTo ?? user) === user;
  const { id, name } = workspace.seed.team;
  return structuredClone({
    version: workspace.changes.version(user),
    team: { id, name },
    me,
    people: everyone,
    userGroups: workspace.people.groups().map((group) => ({ id: group.id, handle: group.handle })),
    channels: mine
      .filter((one) => !isIm(one))
      .map((one) => ({ id: one.id, name: one.name, private: one.private, topic: one.topic })),
    dms: mine.filter(isIm).map((one) => ({ id: one.id, with: workspace.seed.bot.user_id })),
    messages: Object.fromEntries(
      mine.map((one) => [
        one.id,
        workspace.history
          .all(one.id)
          .filter(visible)
          .map((message) => seenMessage(workspace, message)),
      ]),
    ),
    view: top === undefined ? null : seenView(top, stack.length),
    home: home === undefined ? null : { id: home.id, blocks: home.blocks },
  });
}
