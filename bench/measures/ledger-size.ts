import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { createHandle, type Handle } from "../../src/app/handle.ts";
import { readPolicy } from "../../src/app/policies.ts";
import { providerChecks } from "../../src/app/provider-checks.ts";
import type { RequestState } from "../../src/domain/request.ts";
import { NO_KEYS } from "../../src/domain/keys.ts";
import type { Policy } from "../../src/domain/policy/schema.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { startTestRedis } from "../../test/support/redis.ts";
import { fillRedis } from "../big-ledger.ts";
import { LIFE } from "../life.ts";
import { percentile } from "../percentile.ts";
import { costPlot } from "../plots.ts";
import { ms, type Row } from "../table.ts";
import { inTempDir } from "../temp-dir.ts";
import { mb, usedMemory } from "../used-memory.ts";
import { asking, POLICY } from "../world.ts";

export const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const ROUNDS = 25;
const IN_A_ROUND = 3;

/** A ledger of some size, and how long things took there, in milliseconds. */
interface Sized {
  readonly size: number;
  readonly memory: number;
  readonly append: number[];
  readonly handle: number[];
  readonly turn: (nth: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What an append and a whole request cost by how long the ledger is. Ledgers of all sizes stand beside each other and take turns. */
export async function ledgerSize(): Promise<Row[]> {
  const policy = await inTempDir(async (dir) => {
    const path = join(dir, "policy.yaml");
    await writeFile(path, POLICY);
    return await readPolicy({ path, env: {}, providers: providerChecks, secrets: true });
  });
  const all: Sized[] = [];
  try {
    for (const size of SIZES) all.push(await openSized(size, policy));
    for (let nth = 0; nth < ROUNDS; nth++)
      for (const each of nth % 2 === 0 ? all : all.toReversed()) await each.turn(nth);
    const [small] = all;
    const large = all.at(-1);
    if (small === undefined || large === undefined) return [];
    const points = (of: (each: Sized) => number[]) =>
      all.map((each) => ({ x: each.size, y: percentile(of(each), 0.5) }));
    await costPlot([
      { name: "one request handled", points: points(({ handle }) => handle) },
      { name: "one entry appended", points: points(({ append }) => append) },
    ]);
    const row = (what: string, of: (each: Sized) => number[]): Row => {
      const [our, their] = [percentile(of(large), 0.5), percentile(of(small), 0.5)];
      const baseline = `${ms(their)}, at 1,000`;
      return {
        what: `${what} at 1,000,000 entries, p50`,
        ours: ms(our),
        baseline,
        ratio: our / their,
        goal: "at most 1.2",
      };
    };
    return [
      row("an append", ({ append }) => append),
      row("a request handled", ({ handle }) => handle),
      { what: "Redis with 1,000,000 entries", ours: mb(large.memory), goal: "" },
    ];
  } finally {
    await Promise.all(all.map((each) => each.close()));
  }
}

async function openSized(size: number, policy: Policy): Promise<Sized> {
  const server = await startTestRedis();
  const redis = new Redis(server.url);
  await fillRedis(redis, size);
  const ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
  const handle = createHandle({
    ledger,
    policy: () => policy,
    directory: { standing: () => Promise.resolve({ kind: "member" }), groupMembers: () => Promise.resolve([]) },
    keys: () => Promise.resolve(NO_KEYS),
    credentialWaits: () => Promise.resolve(false),
    linkTo: () => Promise.reject(new Error("nothing here takes a key")),
    now: Date.now,
    wake: () => undefined,
    pause: () => Promise.resolve(),
    random: Math.random,
  });
  const memory = await usedMemory(redis);
  const sized = { size, memory, append: [] as number[], handle: [] as number[] };
  const turn = async (nth: number): Promise<void> => {
    for (let time = 0; time < IN_A_ROUND; time++) {
      const id = `BG-M${String(nth * IN_A_ROUND + time).padStart(5, "0")}`;
      sized.append.push(...(await life(ledger, id)));
      sized.handle.push(await request(handle, nth * IN_A_ROUND + time));
    }
  };
  return {
    ...sized,
    turn,
    close: async () => {
      redis.disconnect();
      await server.stop();
    },
  };
}

/** A request lives its life, one entry after the other. */
async function life(ledger: Ledger, id: string): Promise<number[]> {
  const taken: number[] = [];
  let state: RequestState | undefined;
  for (const event of LIFE) {
    const began = performance.now();
    state = (await ledger.record({ id, state, events: [event], at: Date.now() })).state;
    taken.push(performance.now() - began);
  }
  return taken;
}

async function request(handle: Handle, nth: number): Promise<number> {
  const { account, words } = asking(nth, "writer");
  const [target = "", role = "", ...why] = words.split(" ");
  const order = { type: "OpenRequest", target, role, justification: why.join(" "), delivery: `bench ${nth}` } as const;
  const began = performance.now();
  await handle({ via: "slack", account }, order);
  return performance.now() - began;
}
