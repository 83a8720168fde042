import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { z } from "zod";

const CHILD = join(import.meta.dirname, "child.mjs");
const started = z.object({ url: z.string() });

/** One served bot and worker, which is started again whenever it dies. */
export class Process {
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #stopped = false;
  /** Where it listens; undefined while it is dead or not ready. */
  url: string | undefined;
  /** Whether it was told to die and hasn't yet. */
  isArmed = false;
  /** How often it died. */
  kills = 0;
  /** Starts that ended by themselves, as one without a Redis does. */
  failedStarts = 0;

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
    this.#start();
  }

  /** Tells it to die when it comes to a point for the nth time. */
  arm(point: string, nth: number): void {
    if (this.url === undefined) return;
    this.isArmed = point !== "";
    this.#child?.send({ arm: point, nth }, () => undefined);
  }

  /** Kills it now. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  /** Kills it, for good. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  #start(): void {
    const child = fork(CHILD, [JSON.stringify(this.#env)], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: [],
    });
    this.#child = child;
    child.on("message", (message) => {
      this.url = started.parse(message).url;
    });
    child.on("exit", (_code, signal) => {
      const wasReady = this.url !== undefined;
      this.url = undefined;
      this.isArmed = false;
      if (this.#stopped) return;
      if (signal === "SIGKILL") this.kills += 1;
      else this.failedStarts += 1;
      // What starts it again waits a moment where it can't be started.
      if (wasReady || signal === "SIGKILL") this.#start();
      else
        setTimeout(() => {
          if (!this.#stopped) this.#start();
        }, 200);
    });
  }
}
