import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";
import { z } from "zod";
import { parseEntry } from "../../src/ledger/entry.ts";
import { KEYS } from "../../src/ledger/keys.ts";
import { ALICE, BOB } from "../../test/support/acme.ts";
import { ask } from "../../test/support/ask.ts";
import { postgres } from "../../test/support/postgres.ts";
import { openStage, UNHURRIED } from "../../test/support/stage.ts";
import { percentile } from "../percentile.ts";
import { ms, type Row } from "../table.ts";

const ROLES = 50;
/** So long after one is asked for, the next is, in milliseconds. */
const APART_MS = 200;

const roles = Array.from(
  { length: ROLES },
  (_, nth) => `
      writer${nth}:
        grant: { memberOf: [orders_writer] }
        requesters: [sre]
        approval: automatic
        duration: { default: 5s, max: 1m }`,
);
const TARGETS = `
  orders-db:
    title: Orders database
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    roles:${roles.join("")}
`;

/** How late access to a real Postgres, well like everything else, is gone and that was read back: what `RevokeSucceeded` says of each. */
export async function postgresLateness(): Promise<Row[]> {
  const database = await postgres();
  const admin = new pg.Client(database.url);
  await admin.connect();
  await admin.query("CREATE ROLE orders_writer");
  await admin.end();
  const stage = await openStage({ targets: TARGETS, env: { ORDERS_DB_ADMIN_URL: database.url }, slack: UNHURRIED });
  const redis = new Redis(stage.redis.url);
  try {
    for (let nth = 0; nth < ROLES; nth += 1) {
      for (const who of [ALICE, BOB]) await ask(stage, who, `orders-db writer${nth} 5s INC-42 orders are stuck`);
      await setTimeout(APART_MS);
    }
    for (;;) {
      const late = await lateIn(redis);
      if (late.length === 2 * ROLES) return rows(late);
      await setTimeout(100);
    }
  } finally {
    redis.disconnect();
    await stage.stop();
    await database.stop();
  }
}

async function lateIn(redis: Redis): Promise<number[]> {
  const chain = await redis.xrange(KEYS.chain, "-", "+");
  const entries = chain.map(([, [, line = ""]]) => parseEntry(line));
  return entries.filter(({ type }) => type === "RevokeSucceeded").map(({ data }) => z.number().parse(data["lateMs"]));
}

function rows(late: readonly number[]): Row[] {
  const what = `from the deadline to "gone, and checked" at Postgres`;
  return [
    { what: `${what}, p50 of ${late.length}`, ours: ms(percentile(late, 0.5)), goal: "at most 100 ms" },
    { what: `${what}, p99 of ${late.length}`, ours: ms(percentile(late, 0.99)), goal: "at most 1 s" },
  ];
}
