import { open } from "node:fs/promises";
import { Redis } from "ioredis";
import { readConfig } from "../../src/config.ts";
import { asCoded } from "../../src/errors.ts";
import { Told } from "../../src/app/told.ts";
import { AppendQueue } from "../../src/ledger/append-queue.ts";
import { Checkpoints } from "../../src/ledger/checkpoints.ts";
import { CLOSE, OPEN, REFILL, REINDEX } from "../../src/ledger/recovery-scripts.ts";
import { script } from "../../src/ledger/script-runner.ts";
import { start } from "../../src/main.ts";
import { providerKind, type AnyKind } from "../../src/providers/registry.ts";
import { logKept } from "../support/kept-log.ts";
import { birthSchema, orderSchema, type Order } from "./order.ts";

// A served bot and worker that can be told to die: it kills itself at a named point of its own work. It is given the JSON of
// a birth, tells its address by IPC, and takes further orders.

const { env: own, order } = birthSchema.parse(JSON.parse(process.argv[3] ?? ""));
let armed: Order = order;

function die(): void {
  process.kill(process.pid, "SIGKILL");
}

function isNow(point: string): boolean {
  if (armed.point !== point) return false;
  armed = { ...armed, nth: armed.nth - 1 };
  return armed.nth <= 0;
}

/** A start that takes longer hangs, and what it did so far is told. */
const HANGS_MS = 20_000;

type Begin = (self: unknown, args: readonly unknown[]) => unknown;

/** Makes a method a work with its three points. `isMeant` tells by its arguments whether this call is one. */
function around(target: object, method: string, work: string, isMeant: (first: unknown) => boolean = () => true): void {
  const original: unknown = Reflect.get(target, method);
  if (typeof original !== "function") throw new Error(`there is no ${method}`);
  async function wrapped(self: unknown, args: readonly unknown[], begin: Begin): Promise<unknown> {
    if (isNow(`${work}.before`)) die();
    const isDoomed = isNow(`${work}.during`);
    const doing = begin(self, args);
    if (isDoomed && armed.ms === 0) die();
    const end = isDoomed ? setTimeout(die, armed.ms) : undefined;
    try {
      return await doing;
    } finally {
      clearTimeout(end);
      if (isNow(`${work}.after`)) die();
    }
  }
  const begin: Begin = (self, args) => Reflect.apply(original, self, args);
  Reflect.set(target, method, function (this: unknown, ...args: readonly unknown[]): unknown {
    return isMeant(args[0]) ? wrapped(this, args, begin) : begin(this, args);
  });
}

const recovering = new Set<unknown>([CLOSE, REFILL, REINDEX, OPEN].map((text) => script(text).sha));
around(AppendQueue.prototype, "append", "append");
around(Redis.prototype, "evalsha", "recovery", (sha) => recovering.has(sha));
around(Told.prototype, "remember", "told");
around(Checkpoints.prototype, "look", "checkpoint");
around(globalThis, "fetch", "chat");

function kindOf(kind: string): AnyKind {
  const known = providerKind(kind);
  return {
    ...known,
    open: (connection) => {
      const provider = known.open(connection);
      for (const method of ["grant", "revoke", "list"]) around(provider, method, method);
      return provider;
    },
  };
}

async function serve(): Promise<void> {
  const file = await open(process.execPath, "r");
  const handle: unknown = Object.getPrototypeOf(file);
  await file.close();
  if (typeof handle !== "object" || handle === null) throw new Error("a file has no methods");
  around(handle, "appendFile", "mirror");
  around(handle, "datasync", "flush");
  const env = { ...process.env, ...own };
  const kept = logKept();
  const hangs = setTimeout(() => {
    console.error("a start hangs; its log is", kept.lines());
  }, HANGS_MS);
  const running = await start(readConfig(env), env, { log: kept.log, kindOf });
  clearTimeout(hangs);
  process.send?.({ url: running.url });
}

process.on("message", (message) => {
  armed = orderSchema.parse(message);
});
process.on("disconnect", die);
serve().catch((error: unknown) => {
  // Without a Redis it can't start, and is started again.
  if (!/^(REDIS|LEDGER)_/.test(asCoded(error).code)) console.error(error);
  process.exit(1);
});
