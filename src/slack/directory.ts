import type { WebClient } from "@slack/web-api";
import { z } from "zod";
import type { AccountStanding, ChannelStanding, Directory } from "../app/directory.ts";
import { ChatRefused } from "../app/messenger.ts";
import type { Log } from "../log.ts";
import { call } from "./call.ts";
import type { SlackIdentity } from "./identity.ts";

const ACCOUNT_KEPT_MS = 60_000;
const GROUP_KEPT_MS = 60_000;

const userSchema = z.object({
  deleted: z.boolean().default(false),
  is_bot: z.boolean().default(false),
  is_restricted: z.boolean().default(false),
  is_ultra_restricted: z.boolean().default(false),
  is_stranger: z.boolean().default(false),
  is_invited_user: z.boolean().default(false),
  team_id: z.string().optional(),
  enterprise_user: z.object({ enterprise_id: z.string().optional() }).optional(),
});

const channelSchema = z.object({ name: z.string(), is_archived: z.boolean() });

interface Kept<T> {
  readonly value: Promise<T>;
  readonly until: number;
}

/** What Slack knows of accounts and user groups, asked live and kept for moments. What can't be learnt is not kept. */
export class SlackDirectory implements Directory {
  readonly #client: WebClient;
  readonly #own: () => SlackIdentity | undefined;
  readonly #now: () => number;
  readonly #log: Log;
  readonly #accounts = new Map<string, Kept<AccountStanding>>();
  readonly #groups = new Map<string, Kept<readonly string[] | undefined>>();

  /** @param own - who we are, once Slack told */
  constructor(client: WebClient, own: () => SlackIdentity | undefined, now: () => number, log: Log) {
    this.#client = client;
    this.#own = own;
    this.#now = now;
    this.#log = log;
  }

  async standing(account: string): Promise<AccountStanding> {
    return await this.#kept(
      this.#accounts,
      account,
      ACCOUNT_KEPT_MS,
      () => this.#askStanding(account),
      ({ kind }) => kind !== "unknown",
    );
  }

  async groupMembers(group: string): Promise<readonly string[] | undefined> {
    return await this.#kept(
      this.#groups,
      group,
      GROUP_KEPT_MS,
      () => this.#askMembers(group),
      (members) => members !== undefined,
    );
  }

  /** Whether a channel is there and not archived, asked each time. */
  async channel(id: string): Promise<ChannelStanding> {
    try {
      const { channel } = await call("a channel", this.#client.conversations.info({ channel: id }));
      const { name, is_archived: archived } = channelSchema.parse(channel);
      return archived ? { kind: "archived" } : { kind: "open", name };
    } catch (error) {
      if (error instanceof ChatRefused && error.reason === "channel_not_found") return { kind: "missing" };
      this.#log.warn("a channel could not be looked up", { channel: id, error });
      return { kind: "unknown" };
    }
  }

  async #kept<T>(
    cache: Map<string, Kept<T>>,
    key: string,
    keptMs: number,
    ask: () => Promise<T>,
    worthKeeping: (value: T) => boolean,
  ): Promise<T> {
    const known = cache.get(key);
    if (known !== undefined && this.#now() < known.until) return await known.value;
    const asked: Kept<T> = { value: ask(), until: this.#now() + keptMs };
    cache.set(key, asked);
    const value = await asked.value;
    if (!worthKeeping(value) && cache.get(key) === asked) cache.delete(key);
    return value;
  }

  async #askStanding(account: string): Promise<AccountStanding> {
    try {
      const { user } = await call("users.info", this.#client.users.info({ user: account }));
      return this.#judge(userSchema.parse(user));
    } catch (error) {
      this.#log.warn("an account could not be looked up", { account, error });
      return { kind: "unknown" };
    }
  }

  #judge(user: z.output<typeof userSchema>): AccountStanding {
    const own = this.#own();
    if (own === undefined) return { kind: "unknown" };
    const inEnterprise = own.enterprise !== undefined && user.enterprise_user?.enterprise_id === own.enterprise;
    const reasons: [boolean, string][] = [
      [user.deleted, "it is deactivated"],
      [user.is_bot, "it is a bot"],
      [user.is_restricted || user.is_ultra_restricted, "it is a guest's"],
      [
        user.is_stranger || (user.team_id !== undefined && user.team_id !== own.team && !inEnterprise),
        "it belongs to another organisation",
      ],
      [user.is_invited_user, "its invitation is not accepted yet"],
    ];
    const why = reasons.find(([applies]) => applies)?.[1];
    return why === undefined ? { kind: "member" } : { kind: "refused", why };
  }

  async #askMembers(group: string): Promise<readonly string[] | undefined> {
    try {
      const { users } = await call("usergroups.users.list", this.#client.usergroups.users.list({ usergroup: group }));
      return users ?? [];
    } catch (error) {
      this.#log.warn("a user group could not be read, and counts as empty", { group, error });
      return undefined;
    }
  }
}
