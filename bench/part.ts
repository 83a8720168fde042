import { fork, type ChildProcess } from "node:child_process";
import { extname } from "node:path";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** A program of the bench in a process of its own. */
export interface Part {
  /** What it said when it was ready, for instance where it listens. */
  readonly ready: string;
  /** Has it do something. */
  ask<T>(what: string, answer: z.ZodType<T>): Promise<T>;
  stop(): Promise<void>;
}

const messageSchema = z.union([
  z.object({ ready: z.string() }),
  z.object({ call: z.int(), answer: z.unknown().optional() }),
]);
const callSchema = z.object({ call: z.int(), what: z.string() });

/**
 * Starts one of `bench/parts` and waits until it is ready.
 *
 * @param name - the file's, without `.ts`, which is `.js` where the bench was compiled
 * @param env - what it is told, beside `PATH` and the like
 */
export async function startPart(name: string, env: Readonly<Record<string, string>>): Promise<Part> {
  const child = fork(fileURLToPath(new URL(`parts/${name}${extname(import.meta.url)}`, import.meta.url)), {
    env: { ...process.env, ...env },
  });
  const answers = new Map<number, (answer: unknown) => void>();
  const ready = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => {
      reject(new Error(`${name} ended with ${String(code)}`));
    });
    child.on("message", (raw) => {
      const message = messageSchema.parse(raw);
      if ("ready" in message) resolve(message.ready);
      else answers.get(message.call)?.(message.answer);
    });
  });
  let calls = 0;
  return {
    ready,
    ask: async (what, answer) => {
      const call = ++calls;
      const raw = await new Promise((resolve) => {
        answers.set(call, resolve);
        child.send({ call, what });
      });
      answers.delete(call);
      return answer.parse(raw);
    },
    stop: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.disconnect();
  await gone;
}

/** The other side: says that the part is ready, and does what it is asked for. */
export function servePart(ready: string, actions: Readonly<Record<string, () => unknown>>): void {
  process.on("message", (raw) => {
    const { call, what } = callSchema.parse(raw);
    void Promise.resolve(actions[what]?.()).then((answer) => process.send?.({ call, answer }));
  });
  process.on("disconnect", () => process.exit());
  process.send?.({ ready });
}
