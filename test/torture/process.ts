import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { z } from "zod";
import type { Life, Lives } from "./life.ts";
import type { Birth, Order } from "./order.ts";

const LOADER = join(import.meta.dirname, "load-cached.cjs");
const started = z.object({ url: z.string() });
const UNARMED: Order = { point: "", nth: 0, ms: 0 };
/** A start that takes longer hangs. */
const LONGEST_START_MS = 60_000;

/** One served bot and worker, which is started again whenever it dies, each time to die elsewhere. */
export class Process {
  readonly #program: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #lives: Lives;
  #life: Life;
  #child: ChildProcess | undefined;
  #end: NodeJS.Timeout | undefined;
  #isCalm = false;
  /** Whether it died by our hand, not at its own point. */
  #wasEnded = false;
  #isStopped = false;
  /** Where it listens; undefined while it is dead or not ready. */
  url: string | undefined;
  /** How often it died, by the point it died at; at no point of them: under "". */
  readonly kills = new Map<string, number>();
  /** All starts, also those that ended by themselves, as one without a Redis does. */
  starts = 0;
  /** Starts that took too long. */
  hungStarts = 0;

  /** @param program - what {@link bundleChild} made */
  constructor(program: string, env: Readonly<Record<string, string>>, lives: Lives) {
    this.#program = program;
    this.#env = env;
    this.#lives = lives;
    this.#life = lives.next();
    this.#start();
  }

  /** From now on it is left alone, or no longer. */
  set isCalm(calm: boolean) {
    this.#isCalm = calm;
    clearTimeout(this.#end);
    if (this.url === undefined) return;
    this.#tell(calm ? UNARMED : this.#life.order);
    if (!calm) this.#endIn(this.#life.longestMs);
  }

  /** Ends it, for good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#end);
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  #tell(order: Order): void {
    this.#child?.send(order, () => undefined);
  }

  #endIn(ms: number): void {
    this.#end = setTimeout(() => {
      this.#wasEnded = true;
      this.#child?.kill("SIGKILL");
    }, ms);
  }

  #start(): void {
    const order = !this.#isCalm && this.#life.isArmedAtBirth ? this.#life.order : UNARMED;
    this.starts += 1;
    const birth: Birth = { env: this.#env, order };
    const child = fork(LOADER, [this.#program, JSON.stringify(birth)], {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child = child;
    this.#end = setTimeout(() => {
      this.hungStarts += 1;
      child.kill("SIGKILL");
    }, LONGEST_START_MS);
    child.on("message", (message) => {
      clearTimeout(this.#end);
      this.url = started.parse(message).url;
      if (this.#isCalm) return;
      if (!this.#life.isArmedAtBirth) this.#tell(this.#life.order);
      this.#endIn(this.#life.longestMs);
    });
    child.on("exit", (_code, signal) => {
      clearTimeout(this.#end);
      this.url = undefined;
      if (this.#isStopped) return;
      if (signal === "SIGKILL") this.#died();
      else setTimeout(this.#startAgain, 200);
    });
  }

  #died(): void {
    const point = this.#wasEnded ? "" : this.#life.order.point;
    this.#wasEnded = false;
    this.kills.set(point, (this.kills.get(point) ?? 0) + 1);
    this.#life = this.#lives.next();
    this.#start();
  }

  readonly #startAgain = (): void => {
    if (!this.#isStopped) this.#start();
  };
}
