import pg from "pg";
import { z } from "zod";
import { say, WireSession } from "../../test/support/wire-session.ts";
import { startPart } from "../part.ts";
import { percentile } from "../percentile.ts";
import { ms, type Row } from "../table.ts";

const TEN_MB = "SELECT repeat('x', 1000) FROM generate_series(1, 10000)";

const login = z.object({ port: z.int(), user: z.string(), password: z.string() });
const ready = z.object({ through: login, direct: login });
type Login = z.output<typeof login>;
type Ask = (sql: string) => Promise<unknown>;

/** What is asked how often: `round` times of one, then as often of the other. */
const SELECT = { what: "SELECT 1", sql: "SELECT 1", times: 4_000, warmUp: 1_000, round: 50, goal: "at most 1.5" };
const RESULT = { what: "a result of 10 MB", sql: TEN_MB, times: 45, warmUp: 5, round: 1, goal: "at most 1.2" };

/**
 * A query through the session gateway beside the same one on a connection of its own to the same Postgres, in turns: by the driver that
 * programs use, and by a client that does nothing but wait for the end of the answer, so that nothing hides behind its own time.
 */
export async function gateway(): Promise<Row[]> {
  const part = await startPart("gateway", {});
  const undo: (() => void)[] = [];
  const open = async ({ port, user, password }: Login) => {
    const client = new pg.Client({ host: "127.0.0.1", port, user, password, database: "postgres" });
    client.on("error", () => undefined);
    await client.connect();
    undo.push(() => void client.end());
    return client;
  };
  try {
    const { through, direct } = ready.parse(JSON.parse(part.ready));
    const [ours, theirs] = [await open(through), await open(direct)];
    const [oursBare, theirsBare] = [new WireSession(await open(through)), new WireSession(await open(direct))];
    const driver =
      (client: pg.Client): Ask =>
      async (sql) =>
        await client.query(sql);
    const bare =
      (session: WireSession): Ask =>
      async (sql) => {
        await session.send(say.query(sql)).ready();
      };
    const found: Row[] = [];
    for (const each of [SELECT, RESULT]) {
      found.push(...(await compare(each, "", driver(ours), driver(theirs))));
      await part.ask("forget", z.unknown());
      found.push(...(await compare(each, ", by a client that reads nothing of it", bare(oursBare), bare(theirsBare))));
      await part.ask("forget", z.unknown());
    }
    return found;
  } finally {
    for (const step of undo) step();
    await part.stop();
  }
}

async function compare(asked: typeof SELECT, by: string, ours: Ask, theirs: Ask): Promise<Row[]> {
  const { what, sql, times, warmUp, round, goal } = asked;
  const taken = new Map<Ask, number[]>([
    [ours, []],
    [theirs, []],
  ]);
  for (let done = 0; done < times; done += round) {
    for (const [ask, ms] of taken) {
      for (let nth = 0; nth < round; nth += 1) {
        const began = performance.now();
        await ask(sql);
        if (done >= warmUp) ms.push(performance.now() - began);
      }
    }
  }
  return [0.5, 0.99].map((share) => {
    const [our, their] = [percentile(taken.get(ours) ?? [], share), percentile(taken.get(theirs) ?? [], share)];
    return {
      what: `${what} through the session gateway${by}, p${share * 100}`,
      ours: exact(our),
      baseline: `${exact(their)}, direct`,
      ratio: our / their,
      goal: share === 0.5 ? goal : "",
    };
  });
}

function exact(value: number): string {
  return value < 1 ? `${value.toFixed(3)} ms` : ms(value);
}
