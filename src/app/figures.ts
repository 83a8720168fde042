import { z } from "zod";
import { HASH_TAG, type Connection } from "../connection.ts";
import { countedIn, FIGURES, type Change, type FigureName } from "../domain/figures.ts";
import { EMPTY, type Head } from "../ledger/entry.ts";
import { KEYS } from "../ledger/keys.ts";
import { run, script } from "../ledger/script-runner.ts";
import { parseHead, writeHead } from "../ledger/standing.ts";
import type { Step } from "./ledger-steps.ts";

const FIGURES_KEY = `${HASH_TAG}:figures`;
const ACCESS_KEY = `${HASH_TAG}:figures:access`;
/** The field of how far the ledger is counted; the others are JSON lists. */
const PLACE = "counted";
/** The field of where the ledger ended when they began at nothing. */
const UNTIL = "until";

/**
 * Adds what entries changed, if nobody counted them already.
 *
 * KEYS[1] figures, [2] who may have access, by until when, [3] the ledger's head
 * ARGV[1] the place they follow on, `<seq> <hash>` or empty, [2] the place after them
 * ARGV[3] how many figures, and then each as its field and what to add
 * and then requests, each with until when they may have access (epoch ms), or `-`
 *
 * Output: 1, or 0 where the figures are at another place
 */
const COUNT = script(`
if (redis.call('HGET', KEYS[1], '${PLACE}') or '') ~= ARGV[1] then return 0 end
local i = 4
for _ = 1, tonumber(ARGV[3]) do
  redis.call('HINCRBYFLOAT', KEYS[1], ARGV[i], ARGV[i + 1])
  i = i + 2
end
while i <= #ARGV do
  if ARGV[i + 1] == '-' then redis.call('ZREM', KEYS[2], ARGV[i]) else redis.call('ZADD', KEYS[2], ARGV[i + 1], ARGV[i]) end
  i = i + 2
end
redis.call('HSET', KEYS[1], '${PLACE}', ARGV[2])
if ARGV[1] == '' then redis.call('HSET', KEYS[1], '${UNTIL}', redis.call('GET', KEYS[3]) or '') end
return 1
`);

const fieldSchema = z.tuple([z.custom<FigureName>((name) => Object.hasOwn(FIGURES, String(name)))]).rest(z.string());

/** One number of a figure: its labels, and of a histogram which part of it. */
export interface Figure {
  readonly name: FigureName;
  readonly labels: readonly string[];
  /** Of a histogram: its sum, or how many values fell into one bucket, by its place among the figure's buckets. */
  readonly part?: "sum" | number;
  readonly value: number;
}

/**
 * The figures of the whole ledger, kept in Redis together with how far it is counted: so they are the same in every process, a restart
 * doesn't set them back, and to read them costs nothing that grows with the requests.
 */
export class Figures {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  /** How far the ledger is counted. */
  async place(): Promise<Head> {
    return parseHead(await this.#redis.hget(FIGURES_KEY, PLACE));
  }

  /** Begins again at nothing. */
  async reset(): Promise<void> {
    await this.#redis.del(FIGURES_KEY, ACCESS_KEY);
  }

  /** Counts steps that follow on one another. Those that another worker counted meanwhile are not counted twice. */
  async count(steps: readonly Step[]): Promise<void> {
    const [first, last] = [steps[0], steps.at(-1)];
    if (first === undefined || last === undefined) return;
    const { seq, prev } = first.entry;
    const sums = new Map<string, number>();
    const access = new Map<string, string>();
    for (const { entry, event, before, after } of steps) {
      if (event === undefined) continue;
      const counted = countedIn(event, before, after);
      for (const [field, value] of counted.changes.flatMap(fieldsOf)) sums.set(field, (sums.get(field) ?? 0) + value);
      if (counted.access !== undefined) access.set(entry.request ?? "", String(counted.access ?? "-"));
    }
    const from = writeHead(seq === 1 ? EMPTY : { seq: seq - 1, hash: prev });
    const added = [...sums].flatMap(([field, value]) => [field, String(value)]);
    const args = [from, writeHead(last.entry), String(sums.size), ...added, ...[...access].flat()];
    await run(this.#redis, COUNT, [FIGURES_KEY, ACCESS_KEY, KEYS.head], args);
  }

  /**
   * All of them, and how many grants are overdue.
   *
   * @param now - epoch milliseconds
   * @returns `complete`: false until they have caught up with a ledger that was lost and filled again, or are counted for the first time
   */
  async read(now: number): Promise<{ figures: Figure[]; overdue: number; counted: Head; complete: boolean }> {
    const [found, overdue, whole, recovered] = await Promise.all([
      this.#redis.hgetall(FIGURES_KEY),
      this.#redis.zcount(ACCESS_KEY, "-inf", `(${now}`),
      this.#redis.get(KEYS.whole),
      this.#redis.get(KEYS.recovered),
    ]);
    const { [PLACE]: place = null, [UNTIL]: until = null, ...fields } = found;
    const figures = Object.entries(fields).map(([field, value]) => figureOf(field, Number(value)));
    const counted = parseHead(place);
    const complete = whole !== null && counted.seq >= Math.max(parseHead(until).seq, Number(recovered ?? 0) - 1);
    return { figures, overdue, counted, complete };
  }
}

/** A value of a histogram goes into one bucket; whoever reads them adds those below. */
function fieldsOf({ figure, labels, value }: Change): (readonly [field: string, add: number])[] {
  const definition = FIGURES[figure];
  if (!("buckets" in definition)) return [[JSON.stringify([figure, ...labels]), value]];
  const within = definition.buckets.findIndex((limit) => value <= limit);
  const bucket = within === -1 ? definition.buckets.length : within;
  return [
    [JSON.stringify([figure, ...labels, String(bucket)]), 1],
    [JSON.stringify([figure, ...labels, "sum"]), value],
  ];
}

function figureOf(field: string, value: number): Figure {
  const [name, ...rest] = fieldSchema.parse(JSON.parse(field));
  if (!("buckets" in FIGURES[name])) return { name, labels: rest, value };
  const part = rest.at(-1) ?? "";
  return { name, labels: rest.slice(0, -1), part: part === "sum" ? "sum" : Number(part), value };
}
