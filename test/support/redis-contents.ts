import { once } from "node:events";
import { connect } from "node:net";
import { Redis } from "ioredis";
import { z } from "zod";

/** Every key of a Redis with everything it holds, as text. */
export async function redisContents(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    const found: unknown[] = [];
    for await (const keys of redis.scanStream({ count: 1_000 })) {
      for (const key of z.array(z.string()).parse(keys)) found.push([key, await valueOf(redis, key)]);
    }
    return JSON.stringify(found);
  } finally {
    redis.disconnect();
  }
}

async function valueOf(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  switch (type) {
    case "string":
      return await redis.get(key);
    case "hash":
      return await redis.hgetall(key);
    case "stream":
      return await redis.xrange(key, "-", "+");
    case "list":
      return await redis.lrange(key, 0, -1);
    case "set":
      return await redis.smembers(key);
    case "zset":
      return await redis.zrange(key, "0", "-1", "WITHSCORES");
    case "none":
      return undefined;
    default:
      throw new Error(`a key of type ${type} can't be read`);
  }
}

/** Every command that a Redis is given from now on, with its arguments, those inside scripts too. */
export async function overhear(url: string): Promise<{ text(): string; stop(): void }> {
  const { hostname, port, username, password } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const heard: string[] = [];
  socket.setEncoding("utf8").on("data", (text: string) => heard.push(text));
  for (const command of [`AUTH ${[username, password].filter((part) => part !== "").join(" ")}`, "MONITOR"]) {
    socket.write(`${command}\r\n`);
    const answer: unknown[] = await once(socket, "data");
    if (!String(answer[0]).startsWith("+OK\r\n")) throw new Error(String(answer[0]));
  }
  return { text: () => heard.join(""), stop: () => socket.destroy() };
}
