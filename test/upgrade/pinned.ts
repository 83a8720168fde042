import { Redis } from "ioredis";
import { z } from "zod";
import type { Slack } from "../../src/demo/slack/start-slack.ts";
import type { Message } from "../../src/demo/slack/workspace/message.ts";

const text = z.string();
const member = z.tuple([text, text]);

/** A key of Redis as a version left it. */
const keySchema = z.discriminatedUnion("type", [
  z.strictObject({ name: text, type: z.literal("string"), value: text }),
  z.strictObject({ name: text, type: z.literal("set"), value: z.array(text) }),
  z.strictObject({ name: text, type: z.literal("list"), value: z.array(text) }),
  z.strictObject({ name: text, type: z.literal("hash"), value: z.record(text, text) }),
  z.strictObject({ name: text, type: z.literal("zset"), value: z.array(member) }),
  z.strictObject({ name: text, type: z.literal("stream"), value: z.array(z.tuple([text, z.array(text)])) }),
]);

export type PinnedKey = z.output<typeof keySchema>;

/** Everything that outlives a version of the program: Redis, the mirror, the vault's key, and what stands in chat. */
export const pinnedSchema = z.strictObject({
  /** When it was left, epoch milliseconds. */
  at: z.int(),
  /** The requests: one waits, one has access, one has access past its deadline. */
  waiting: text,
  active: text,
  overdue: text,
  vaultKey: text,
  keys: z.array(keySchema),
  mirror: z.array(text),
  /** The people's conversations with the bot, by their accounts. */
  directs: z.record(text, text),
  messages: z.array(z.custom<Message>((value) => typeof value === "object" && value !== null && "ts" in value)),
});

export type Pinned = z.output<typeof pinnedSchema>;

/** Every key of a Redis, but for locks and what else lives for seconds. */
export async function readKeys(redis: Redis): Promise<PinnedKey[]> {
  const names = (await redis.keys("*")).filter((name) => !/:(?:telling|seen|reconciled):/.test(name));
  const read = await Promise.all(names.toSorted().map(async (name) => ({ name, ...(await readKey(redis, name)) })));
  // A key without anything in it is one that went away meanwhile.
  return read.flatMap((key) => (key.value === null || size(key.value) === 0 ? [] : [keySchema.parse(key)]));
}

function size(value: unknown): number {
  return typeof value === "object" && value !== null ? Object.keys(value).length : 1;
}

async function readKey(redis: Redis, name: string): Promise<{ type: string; value: unknown }> {
  const type = await redis.type(name);
  if (type === "string") return { type, value: await redis.get(name) };
  if (type === "set") return { type, value: (await redis.smembers(name)).toSorted() };
  if (type === "list") return { type, value: await redis.lrange(name, "0", "-1") };
  if (type === "hash") return { type, value: await redis.hgetall(name) };
  if (type === "stream") return { type, value: await redis.xrange(name, "-", "+") };
  const flat = await redis.zrange(name, "0", "-1", "WITHSCORES");
  const pairs = flat.flatMap((each, index) => (index % 2 === 0 ? [[each, flat[index + 1]]] : []));
  return { type, value: pairs };
}

/** Puts them back, at a time when every job that waited for its time is due. */
export async function writeKeys(redis: Redis, keys: readonly PinnedKey[]): Promise<void> {
  for (const { name, type, value } of keys) {
    switch (type) {
      case "string":
        await redis.set(name, value);
        break;
      case "set":
        await redis.sadd(name, ...value);
        break;
      case "list":
        await redis.rpush(name, ...value);
        break;
      case "hash":
        await redis.hset(name, value);
        break;
      case "zset":
        for (const [each, score] of value) await redis.zadd(name, name.endsWith(":delayed") ? "1" : score, each);
        break;
      case "stream":
        for (const [id, fields] of value) await redis.xadd(name, id, ...fields);
    }
  }
}

/** What a key is called whichever request, person or job it is of. */
export function patternOf(name: string): string {
  return name
    .replace(/BG-[0-9A-Z]{6}(?:\.\d+)?$/, "<request>")
    .replace(/:uses:\d.*$/, ":uses:<day>")
    .replace(/:person:.+$/, ":person:<person>")
    .replace(/^(.*:jobs:\w+):\d+$/, "$1:<job>")
    .replace(/^(.*:jobs:\w+):<request>$/, "$1:<job>");
}

/** A pinned state in which conversations are called as they are in this workspace. */
export function inWorkspace(json: string, { workspace }: Slack): Pinned {
  const { directs } = pinnedSchema.parse(JSON.parse(json));
  const renamed = Object.entries(directs).reduce(
    (all, [user, id]) =>
      all
        .replaceAll(`"${id}"`, `"${workspace.dm(user).id}"`)
        .replaceAll(`\\"${id}\\"`, `\\"${workspace.dm(user).id}\\"`),
    json,
  );
  return pinnedSchema.parse(JSON.parse(renamed));
}

/** Puts messages where they stood, at their time. */
export function writeMessages({ workspace }: Slack, messages: readonly Message[]): void {
  for (const message of messages) {
    const conversation = workspace.conversations.find(message.channel);
    if (conversation === undefined) throw new Error(`there is no ${message.channel}`);
    workspace.history.replace(workspace.post(message.user, conversation, message), message);
  }
}
