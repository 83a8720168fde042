import { HASH_TAG, type Connection } from "../connection.ts";
import { z } from "zod";
import type { Posted } from "../app/messenger.ts";
import { isPersonal, withoutThread, type Activity } from "./activity.ts";

const KEY = `${HASH_TAG}:teams`;
/** Where Teams is reached until it has told where: its address for all regions. */
const DEFAULT_SERVICE = "https://smba.trafficmanager.net/teams/";
const FORM_KEPT_MS = 86_400_000;

const personSchema = z.object({
  /** The person's id for this bot, `29:…`. */
  user: z.string(),
  /** The chat with them alone. */
  chat: z.string().optional(),
  /** The team or chat they were last heard in. */
  seen: z.string().optional(),
});
const homeSchema = z.object({ channel: z.string(), message: z.string() });
export type KnownPerson = z.output<typeof personSchema>;

/**
 * Where to speak without having been spoken to: what every activity tells of service, people and channels is kept in Redis, so
 * that it survives restarts and other replicas know it too.
 */
export class Conversations {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  /** @param activity - one that was let in */
  async remember(activity: Activity): Promise<void> {
    const { from, conversation, channelData, serviceUrl } = activity;
    const team = channelData?.team?.id;
    const channel = channelData?.channel?.id;
    const fields: Record<string, string> = { service: serviceUrl };
    for (const each of team === undefined ? [] : [team, channel])
      if (each !== undefined) fields[`team:${each}`] = team ?? "";
    if (from.aadObjectId !== undefined) {
      const chat = isPersonal(activity) ? conversation.id : (await this.person(from.aadObjectId))?.chat;
      const seen = team ?? withoutThread(conversation.id);
      fields[personField(from.aadObjectId)] = JSON.stringify({ user: from.id, seen, chat } satisfies KnownPerson);
    }
    await this.#redis.hset(KEY, fields);
  }

  async service(): Promise<string> {
    return (await this.#redis.hget(KEY, "service")) ?? DEFAULT_SERVICE;
  }

  /** @param account - an Entra object id */
  async person(account: string): Promise<KnownPerson | undefined> {
    const found = await this.#redis.hget(KEY, personField(account));
    return found === null ? undefined : personSchema.parse(JSON.parse(found));
  }

  /** A chat with a person was begun. */
  async rememberChat(account: string, chat: string): Promise<void> {
    const known: KnownPerson = { user: account, ...(await this.person(account)), chat };
    await this.#redis.hset(KEY, personField(account), JSON.stringify(known));
  }

  /** The team that a channel belongs to, if somebody was heard in it. */
  async teamOf(channel: string): Promise<string | undefined> {
    return (await this.#redis.hget(KEY, `team:${channel}`)) ?? undefined;
  }

  /** The message that shows somebody their home; the one before it is nobody's any more. */
  async rememberHome(account: string, stands: Posted): Promise<void> {
    await this.#redis.hset(KEY, homeField(account), JSON.stringify(stands));
  }

  async homeOf(account: string): Promise<Posted | undefined> {
    const found = await this.#redis.hget(KEY, homeField(account));
    return found === null ? undefined : homeSchema.parse(JSON.parse(found));
  }

  /** The channel that a form was asked for in: it doesn't travel with the form, which its sender could change. */
  async rememberForm(form: string, thread: string): Promise<void> {
    await this.#redis.set(`${KEY}:form:${form}`, thread, "PX", FORM_KEPT_MS);
  }

  async threadOfForm(form: string): Promise<string | undefined> {
    return (await this.#redis.get(`${KEY}:form:${form}`)) ?? undefined;
  }
}

function homeField(account: string): string {
  return `home:${account.toLowerCase()}`;
}

function personField(account: string): string {
  return `person:${account.toLowerCase()}`;
}
