import { rm } from "node:fs/promises";
import pg from "pg";
import { z } from "zod";
import { say, WireSession } from "../../test/support/wire-session.ts";
import { startPart, type Part } from "../part.ts";
import { percentile } from "../percentile.ts";
import { ms, type Row } from "../table.ts";

const TEN_MB = "SELECT repeat('x', 1000) FROM generate_series(1, 10000)";

const login = z.object({ port: z.int(), user: z.string(), password: z.string() });
const ready = z.object({ dir: z.string(), through: login, direct: login });
type Login = z.output<typeof login>;

/** What is asked how often: `round` times of each in turn. */
const SELECT = { what: "SELECT 1", sql: "SELECT 1", times: 6_000, warmUp: 1_000, round: 50, goal: "at most 1.5" };
/** The same by somebody who is not on the same machine: so long a byte takes each way, in milliseconds. */
const AWAY_MS = 1;
const FROM_AWAY = { ...SELECT, what: `SELECT 1 from ${AWAY_MS} ms away`, times: 1_200, warmUp: 200 };
const RESULT = { what: "a result of 10 MB", sql: TEN_MB, times: 60, warmUp: 5, round: 1, goal: "at most 1.2" };

/**
 * A query through the session gateway, beside the same one on a connection of its own to the same Postgres, and through a relay that
 * only passes bytes on, in turns. The client waits for the end of the answer and reads nothing of it, so that nothing hides behind its
 * own time.
 */
export async function gateway(): Promise<Row[]> {
  const parts: Part[] = [];
  const start = async (name: string, env: Record<string, string>) => {
    const part = await startPart(name, env);
    parts.push(part);
    return part;
  };
  const sessions: WireSession[] = [];
  const undo: (() => Promise<void>)[] = [];
  try {
    const part = await start("gateway", {});
    const { dir, through, direct } = ready.parse(JSON.parse(part.ready));
    undo.push(() => rm(dir, { recursive: true, force: true }));
    undo.push(async () => void (await part.ask("stop", z.unknown())));
    const behindRelay = async (login: Login, env: Record<string, string> = {}): Promise<Login> => {
      const { ready: port } = await start("relay", { TARGET_PORT: String(login.port), ...env });
      return { ...login, port: Number(port) };
    };
    const opened = async (logins: readonly Login[]): Promise<WireSession[]> => {
      const found = await Promise.all(logins.map(open));
      sessions.push(...found);
      return found;
    };
    const near = await opened([through, direct, await behindRelay(direct)]);
    const away = { DELAY_MS: String(AWAY_MS) };
    const far = await opened([await behindRelay(through, away), await behindRelay(direct, away)]);
    return [
      ...rowsOf(SELECT, await inTurns(SELECT, near)),
      ...rowsOf(FROM_AWAY, await inTurns(FROM_AWAY, far)),
      ...rowsOf(RESULT, await inTurns(RESULT, near)),
    ];
  } finally {
    for (const { socket } of sessions) socket.destroy();
    for (const step of undo.reverse()) await step();
    for (const part of parts) await part.stop();
  }
}

async function open({ port, user, password }: Login): Promise<WireSession> {
  const client = new pg.Client({ host: "127.0.0.1", port, user, password, database: "postgres" });
  client.on("error", () => undefined);
  await client.connect();
  return new WireSession(client);
}

async function inTurns(asked: typeof SELECT, sessions: readonly WireSession[]): Promise<number[][]> {
  const taken = sessions.map((): number[] => []);
  for (let done = 0; done < asked.times; done += asked.round) {
    for (const [index, session] of sessions.entries()) {
      for (let nth = 0; nth < asked.round; nth += 1) {
        const began = performance.now();
        await session.send(say.query(asked.sql)).ready();
        if (done >= asked.warmUp) taken[index]?.push(performance.now() - began);
      }
    }
  }
  return taken;
}

function rowsOf({ what, goal }: typeof SELECT, [ours = [], direct = [], relay]: number[][]): Row[] {
  const row = (share: number, than: number[], by: string, aim: string): Row => {
    const [our, their] = [percentile(ours, share), percentile(than, share)];
    return {
      what: `${what} through the session gateway, p${share * 100}`,
      ours: exact(our),
      baseline: `${exact(their)}, ${by}`,
      ratio: our / their,
      goal: aim,
    };
  };
  const beside = [row(0.5, direct, "direct", goal), row(0.99, direct, "direct", "")];
  return relay === undefined ? beside : [...beside, row(0.5, relay, "through a relay that looks at nothing", "")];
}

function exact(value: number): string {
  return value < 1 ? `${value.toFixed(3)} ms` : ms(value);
}
