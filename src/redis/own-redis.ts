import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CodedError } from "../errors.ts";
import type { Log } from "../log.ts";
import { shutDownRedis } from "./ask-redis.ts";
import { endProcess, sendSignal } from "./end-process.ts";
import { freePort } from "./free-port.ts";
import { readRecord, recordProcesses, recordUrl } from "./private-redis-record.ts";
import type { PrivateRedisRecord } from "./private-redis-record.ts";
import { isRunning, pidOf, processMark } from "./process-mark.ts";
import type { RedisSettings } from "./redis-config.ts";
import { awaitAnswer, spawnRedis, startFailure, urlOf } from "./redis-process.ts";
import type { RedisServer } from "./redis-server.ts";
import { withStartLock } from "./start-lock.ts";

interface OwnRedisOptions {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly say: (line: string) => void;
  readonly server: RedisServer;
  readonly appendfsync: RedisSettings["appendfsync"];
}

/** How long a server may take to write out what it has and end, in milliseconds. */
const GRACE_MS = 10_000;

/** How long a start waits for another one, which may be loading a large file, in milliseconds. */
const LOCK_LIMIT_MS = 300_000;

/** How often a start that lost its port to somebody else is tried again. */
const PORT_TRIES = 3;

/** One process's hold on the Redis of one folder. */
export class OwnRedis {
  readonly #options: OwnRedisOptions;
  /** The server's mark while it is ours. */
  #server: string | undefined;
  readonly #stopping = new AbortController();
  #restarting: Promise<void> | undefined;
  readonly #atExit = (): void => {
    if (this.#server !== undefined) sendSignal(this.#server, "SIGTERM");
  };

  constructor(options: OwnRedisOptions) {
    this.#options = options;
  }

  /** Joins the running server or starts one, and gives its address. */
  start(): Promise<string> {
    const { dir, env, say } = this.#options;
    const onWait = (pid: number): void => {
      say(`Process ${pid} is starting the private Redis; waiting for it ...`);
    };
    return withStartLock(dir, { env, limitMs: LOCK_LIMIT_MS, onWait }, async () => {
      const record = await readRecord(dir);
      return (record && (await this.#join(record))) ?? (await this.#launch(record));
    });
  }

  /** Ends the server if it is ours. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#restarting;
    const server = this.#server;
    this.#server = undefined;
    process.removeListener("exit", this.#atExit);
    if (server !== undefined) await endProcess(server, { env: this.#options.env, graceMs: GRACE_MS });
  }

  /** The address of a server that another living process answers for. Ends one that nobody answers for any more. */
  async #join(record: PrivateRedisRecord): Promise<string | undefined> {
    const { env, log } = this.#options;
    if (!record.processes) {
      // The process that was starting it was killed before it could note the server's. Whoever knows the password is it.
      await shutDownRedis(record.url, GRACE_MS);
      return undefined;
    }
    const { server, owner } = record.processes;
    if (!(await isRunning(server, env))) return undefined;
    if (!(await isRunning(owner, env))) {
      log.info("Ending a private Redis whose owner is gone", { pid: pidOf(server) });
      await endProcess(server, { env, graceMs: GRACE_MS });
      return undefined;
    }
    const answer = await this.#answer(record.url, server);
    if (answer === "gone") return undefined;
    if (answer === "ready") return record.url;
    throw new CodedError("REDIS_FAILED", `The private Redis, process ${pidOf(server)}, runs but does not answer.`, {
      next: `End process ${pidOf(owner)}, which started it, and start again.`,
    });
  }

  /** Starts a server: at the address of the one before, if its port is still free. */
  async #launch(before: PrivateRedisRecord | undefined): Promise<string> {
    const { dir, env, appendfsync } = this.#options;
    let known = before && new URL(before.url);
    for (let tries = 1; ; tries += 1) {
      const port = await freePort(Number(known?.port ?? 0));
      const password = known?.password ?? randomBytes(32).toString("hex");
      const settings = { dir, port, password, appendfsync };
      await recordUrl(dir, urlOf(settings));
      const child = await spawnRedis(this.#options.server, settings, { env, detached: true });
      const server = child.pid === undefined ? undefined : await processMark(child.pid, env);
      if (server !== undefined) {
        const owner = (await processMark(process.pid, env)) ?? String(process.pid);
        await recordProcesses(dir, { server, owner });
        if ((await this.#answer(urlOf(settings), server)) === "ready") {
          this.#hold(server, child);
          return urlOf(settings);
        }
        await endProcess(server, { env, graceMs: GRACE_MS });
      }
      // Somebody else may have taken the port in the meantime, and been told the password; anything else won't get better.
      if (tries === PORT_TRIES) throw await startFailure(dir);
      known = undefined;
    }
  }

  #answer(url: string, server: string): Promise<"ready" | "gone" | "silent"> {
    const { env, say } = this.#options;
    const onLoading = (): void => {
      say("The private Redis is loading its append-only file ...");
    };
    return awaitAnswer(url, { isAlive: () => isRunning(server, env), onLoading });
  }

  /** Takes responsibility for a server: it ends with us, and is started again if it ends unasked. */
  #hold(server: string, child: { once(event: "exit", listener: () => void): unknown }): void {
    this.#server = server;
    process.removeListener("exit", this.#atExit);
    process.once("exit", this.#atExit);
    child.once("exit", () => {
      if (this.#server === server) this.#restarting = this.#restart();
    });
  }

  /** Tries until it stands again or {@link OwnRedis.stop} is called. Never throws. */
  async #restart(): Promise<void> {
    const { log, dir } = this.#options;
    const { signal } = this.#stopping;
    this.#server = undefined;
    log.error("The private Redis ended unasked; starting it again", { dir });
    for (let delayMs = 100; !signal.aborted; delayMs = Math.min(delayMs * 2, 30_000)) {
      try {
        await this.start();
        return;
      } catch (error) {
        log.error("The private Redis could not be started again", { error });
        await sleep(delayMs, undefined, { ref: false, signal }).catch(() => undefined);
      }
    }
  }
}
