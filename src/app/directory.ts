import type { Platform } from "../domain/platform.ts";

/** What a chat platform says of an account. Only a full member of our own organisation can do anything. */
export type AccountStanding =
  | { readonly kind: "member" }
  | { readonly kind: "refused"; readonly why: string }
  /** The platform could not be asked: not to know is a refusal. */
  | { readonly kind: "unknown" };

/** How a channel stands. Not to know is not the same as that it is not there. */
export type ChannelStanding =
  | { readonly kind: "open"; readonly name: string }
  | { readonly kind: "archived" }
  | { readonly kind: "missing" }
  | { readonly kind: "unknown" };

/** What the chat platforms know of their accounts and groups. Answers may be cached for a minute at most. */
export interface Directory {
  standing(account: string, platform: Platform): Promise<AccountStanding>;
  /** The Slack accounts in a Slack user group; undefined when it can't be read. */
  groupMembers(group: string): Promise<readonly string[] | undefined>;
}
