import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import type { NewEvent } from "../../src/domain/events.ts";
import type { RequestState } from "../../src/domain/request.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { startTestRedis } from "../../test/support/redis.ts";
import type { Row } from "../table.ts";
import { LIFE } from "../life.ts";

const ROUNDS = 5;
const TOGETHER = 256;
const MANY = 3_000;
const ONE_BY_ONE = 400;

/** Entries appended a second, beside a bare XADD of the same bytes to the same Redis; the two take turns. */
export async function appends(): Promise<Row[]> {
  const server = await startTestRedis({ appendfsync: "always" });
  const redis = new Redis(server.url);
  try {
    const ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
    let requests = 0;
    /** One request after another lives its life. */
    const lives = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += LIFE.length) {
        const id = `BG-${String(++requests).padStart(6, "0")}`;
        let state: RequestState | undefined;
        for (const event of LIFE) state = (await ledger.record({ id, state, events: [event], at: Date.now() })).state;
      }
    };
    const ours = (together: number, total: number) =>
      perSecond(
        total,
        Array.from({ length: together }, () => () => lives(total / together)),
      );

    await ours(TOGETHER, MANY);
    const [{ size = "0" } = {}] = [await entrySize(redis)];
    const line = "x".repeat(Number(size));
    const adds = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done++) await redis.xadd("bare", "*", "e", line);
    };
    const bare = (together: number, total: number) =>
      perSecond(
        total,
        Array.from({ length: together }, () => () => adds(total / together)),
      );
    const rows: Row[] = [];
    for (const [what, together, total] of [
      [`ledger appends, ${TOGETHER} at once`, TOGETHER, MANY],
      ["ledger appends, one by one", 1, ONE_BY_ONE],
    ] as const) {
      await bare(together, total);
      let [our, their] = [0, 0];
      for (let round = 0; round < ROUNDS; round++) {
        their += await bare(together, total);
        our += await ours(together, total);
      }
      rows.push({
        what,
        ours: rate(our),
        baseline: `${rate(their)}, bare XADD`,
        ratio: our / their,
        goal: "at least 0.4",
      });
    }
    return rows;
  } finally {
    redis.disconnect();
    await server.stop();
  }
}
