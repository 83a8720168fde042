import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import type { RequestState } from "../../src/domain/request.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { startTestRedis } from "../../test/support/redis.ts";
import { vouch } from "../../test/support/vouch.ts";
import { LIFE } from "../life.ts";
import type { Row } from "../table.ts";

const ROUNDS = 5;
const AT_ONCE = 16;

/** Entries appended a second, beside bare XADDs of as many bytes to the same Redis; the two take turns. */
export async function appends(): Promise<Row[]> {
  const server = await startTestRedis();
  const redis = new Redis(server.url);
  try {
    await vouch(redis);
    const ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
    let requests = 0;
    /** A request lives its life, one entry after the other. */
    const life = async (): Promise<void> => {
      const id = `BG-${String(++requests).padStart(6, "0")}`;
      let state: RequestState | undefined;
      for (const event of LIFE) state = (await ledger.record({ id, state, events: [event], at: Date.now() })).state;
    };
    await life();
    const lines = await ledger.range(1, LIFE.length);
    const bareLife = async (): Promise<void> => {
      for (const line of lines) await redis.xadd("bare", "*", "e", line);
    };
    return [
      await compare(`ledger appends a second, ${AT_ONCE} at once`, AT_ONCE, 40, life, bareLife),
      await compare("ledger appends a second, one by one", 1, 100, life, bareLife),
    ];
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

type Life = () => Promise<void>;

async function compare(what: string, atOnce: number, lives: number, ours: Life, bare: Life): Promise<Row> {
  await rate(atOnce, lives, ours);
  await rate(atOnce, lives, bare);
  let [our, their] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    their += await rate(atOnce, lives, bare);
    our += await rate(atOnce, lives, ours);
  }
  const perRound = (sum: number) => String(Math.round(sum / ROUNDS));
  return {
    what,
    ours: perRound(our),
    baseline: `${perRound(their)}, bare XADD`,
    ratio: our / their,
    goal: "at least 0.4",
  };
}

/** Entries a second, when so many requests live at once, each of so many lives one after the other. */
async function rate(atOnce: number, lives: number, life: Life): Promise<number> {
  const began = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let done = 0; done < lives; done++) await life();
    }),
  );
  return (atOnce * lives * LIFE.length) / ((performance.now() - began) / 1_000);
}
