import type { Block } from "../block-kit/blocks.ts";
import type { SharedFile } from "./files.ts";

/** A message as it stands in a conversation. */
export type Message = {
  readonly type: "message";
  readonly channel: string;
  readonly ts: string;
  /** Who wrote it: a person, the bot's user, or `USLACKBOT`. */
  readonly user: string;
  readonly bot_id?: string;
  readonly text: string;
  readonly blocks?: Block[];
  readonly thread_ts?: string;
  readonly metadata?: { event_type: string; event_payload: Record<string, unknown> } | undefined;
  readonly edited?: { user: string; ts: string };
  readonly files?: readonly SharedFile[];
  readonly subtype?: "tombstone" | "thread_broadcast";
  /** Set: only this person sees it, and no method lists it. */
  readonly ephemeralTo?: string;
  /** What the bot asked for: a link in an audit line should not unfurl. */
  readonly unfurl?: { links?: boolean | undefined; media?: boolean | undefined };
};

/** The author of what Slack itself tells a person. */
export const SLACKBOT = "USLACKBOT";

/** What a message says, before it has a place and a time. */
export type MessageContent = Pick<Message, "text"> & Partial<Pick<Message, "blocks" | "metadata" | "unfurl" | "files">>;
