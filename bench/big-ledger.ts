import { createWriteStream } from "node:fs";
import { once } from "node:events";
import type { Redis } from "ioredis";
import { EMPTY, seal, type Entry } from "../src/ledger/entry.ts";
import { entriesKey, KEYS, personKey } from "../src/ledger/keys.ts";
import { REFILL } from "../src/ledger/recovery-scripts.ts";
import { run, script } from "../src/ledger/script-runner.ts";
import { writeHead } from "../src/ledger/standing.ts";
import { vouch } from "../test/support/vouch.ts";
import { LIFE } from "./life.ts";
import { PEOPLE } from "./world.ts";

const refill = script(REFILL);
const PAGE = 500;
/** So far apart are two entries, and so long ago is the first: nobody's budget counts what is older than a week. */
const APART_MS = 3_000;

/** The entries of so many finished requests, eight each, sealed one on the other. */
export function* entriesOf(count: number): Generator<Entry> {
  const began = Date.now() - 30 * 86_400_000 - count * APART_MS;
  const salt = "s".repeat(22);
  let head = EMPTY;
  for (let nth = 0; nth < count; nth++) {
    const request = `BG-${String(Math.floor(nth / LIFE.length)).padStart(6, "0")}`;
    const event = LIFE[nth % LIFE.length];
    if (event === undefined) return;
    const entry = seal(byPerson(event, nth), head, { request, at: began + nth * APART_MS, salt: () => salt });
    head = { seq: entry.seq, hash: entry.hash };
    yield entry;
  }
}

/** Everybody asks in turn. */
function byPerson(event: (typeof LIFE)[number], nth: number): (typeof LIFE)[number] {
  if (event.type !== "RequestOpened") return event;
  const requester = `p${String(Math.floor(nth / LIFE.length) % PEOPLE).padStart(5, "0")}`;
  return { ...event, data: { ...event.data, requester } };
}

/** Writes them as an export or a mirror has them. */
export async function writeLedger(path: string, count: number): Promise<void> {
  const file = createWriteStream(path, { mode: 0o600 });
  for (const entry of entriesOf(count)) {
    if (!file.write(`${JSON.stringify(entry)}\n`)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
}

/** Fills an empty Redis with them, as a worker fills one that lost everything. */
export async function fillRedis(redis: Redis, count: number): Promise<void> {
  let head = EMPTY;
  let page: Entry[] = [];
  const write = async (): Promise<void> => {
    const last = page.at(-1);
    if (last === undefined) return;
    const after = { seq: last.seq, hash: last.hash };
    const args = [writeHead(head), writeHead(after), entriesKey(""), personKey(""), ...page.flatMap(argsOf)];
    await run(redis, refill, [KEYS.chain, KEYS.head, KEYS.whole, KEYS.requests, KEYS.lost], args);
    [head, page] = [after, []];
  };
  for (const entry of entriesOf(count)) {
    page.push(entry);
    if (page.length === PAGE) await write();
  }
  await write();
  await redis.del(KEYS.lost);
  await vouch(redis);
}

function argsOf(entry: Entry): string[] {
  const { requester } = entry.data;
  const opened = typeof requester === "string" ? [requester, String(Date.parse(entry.at))] : ["", ""];
  return [entry.request ?? "", ...opened, JSON.stringify(entry)];
}
