import { z } from "zod";
import type { AccountStanding, ChannelStanding } from "../app/directory.ts";
import { ChatRefused } from "../app/messenger.ts";
import type { Log } from "../log.ts";
import type { Connector } from "./connector.ts";
import type { Conversations } from "./conversations.ts";
import { channelsSchema } from "./thread-channel.ts";

const KEPT_MS = 60_000;

const memberSchema = z.object({
  aadObjectId: z.string().optional(),
  /** The same, by its older name. */
  objectId: z.string().optional(),
  userPrincipalName: z.string().nullish(),
  userRole: z.string().nullish(),
  tenantId: z.string().nullish(),
});

export interface TeamsDirectoryOptions {
  readonly connector: Connector;
  readonly conversations: Conversations;
  /** Our own. */
  readonly tenant: string;
  /** The policy's channels, in which approvers can be looked up whom nobody has heard yet. */
  readonly channels: () => readonly string[];
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/** What Teams knows of accounts, asked live of the rosters that the bot may read, and kept for moments. */
export class TeamsDirectory {
  readonly #options: TeamsDirectoryOptions;
  readonly #kept = new Map<string, { readonly answer: Promise<AccountStanding>; readonly until: number }>();

  constructor(options: TeamsDirectoryOptions) {
    this.#options = options;
  }

  /** @param account - an Entra object id */
  async standing(account: string): Promise<AccountStanding> {
    const { now } = this.#options;
    const known = this.#kept.get(account);
    if (known !== undefined && now() < known.until) return await known.answer;
    const asked = { answer: this.#ask(account), until: now() + KEPT_MS };
    this.#kept.set(account, asked);
    const standing = await asked.answer;
    if (standing.kind === "unknown" && this.#kept.get(account) === asked) this.#kept.delete(account);
    return standing;
  }

  /** Whether a channel is among its team's. That one is archived, Teams tells no bot; but nobody can write in it then. */
  async channel(id: string): Promise<ChannelStanding> {
    const { connector, conversations, log } = this.#options;
    try {
      const team = await conversations.teamOf(id);
      if (team === undefined) return { kind: "unknown" };
      const found = channelsSchema.parse(await connector.channels(await conversations.service(), team));
      const channel = found.conversations.find((each) => each.id === id);
      return channel === undefined ? { kind: "missing" } : { kind: "open", name: channel.name ?? "" };
    } catch (error) {
      log.warn("a channel could not be looked up", { channel: id, error });
      return { kind: "unknown" };
    }
  }

  async #ask(account: string): Promise<AccountStanding> {
    const { connector, conversations, log } = this.#options;
    try {
      const service = await conversations.service();
      // A roster knows everybody by the id that the bot has for them, once it has one.
      const { user = account } = (await conversations.person(account)) ?? {};
      for (const roster of await this.#rosters(account)) {
        const found = await connector.member(service, roster, user).catch(notThere);
        if (found !== undefined) return this.#judge(account, memberSchema.parse(found));
      }
      log.info("an account is in no roster that can be read", { account });
    } catch (error) {
      log.warn("an account could not be looked up", { account, error });
    }
    return { kind: "unknown" };
  }

  /** Where the person was heard last, and then the teams of the policy's channels. */
  async #rosters(account: string): Promise<string[]> {
    const { conversations, channels } = this.#options;
    const known = await conversations.person(account);
    const teams = await Promise.all(
      channels().map(async (channel) => (await conversations.teamOf(channel)) ?? channel),
    );
    return [...new Set([known?.seen, known?.chat, ...teams].filter((each) => each !== undefined))];
  }

  #judge(account: string, member: z.output<typeof memberSchema>): AccountStanding {
    const { aadObjectId, objectId, userPrincipalName, userRole, tenantId } = member;
    const refused = (why: string): AccountStanding => ({ kind: "refused", why });
    if ((aadObjectId ?? objectId)?.toLowerCase() !== account.toLowerCase()) return { kind: "unknown" };
    if (typeof tenantId === "string" && tenantId.toLowerCase() !== this.#options.tenant.toLowerCase())
      return refused("it belongs to another organisation");
    if (userRole === "guest" || userPrincipalName?.toUpperCase().includes("#EXT#") === true)
      return refused("it is a guest's");
    if (userRole === "anonymous") return refused("it is nobody's in particular");
    // A roster that tells neither can't vouch for anybody.
    return typeof userRole === "string" || typeof userPrincipalName === "string"
      ? { kind: "member" }
      : { kind: "unknown" };
  }
}

/** Whoever isn't in one roster may be in another. */
function notThere(error: unknown): undefined {
  if (!(error instanceof ChatRefused)) throw error;
  return undefined;
}
