import { readFile, stat } from "node:fs/promises";
import { loadPolicy, type LocatedProblem, type ProviderChecks } from "../domain/policy/load.ts";
import type { Policy } from "../domain/policy/schema.ts";
import { CodedError } from "../errors.ts";
import type { Log } from "../log.ts";
import { within } from "./within.ts";

/** How long a look at the policy file may take: a file on a share that hangs must not hang us. */
const READ_LIMIT_MS = 5_000;

export interface PolicyOptions {
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly providers: ProviderChecks;
  /** Whether this process talks to targets, and so needs the values in their `connection:`. */
  readonly secrets: boolean;
  /** Whether this process takes requests, and so needs the values in `schedules:` and `incidents:`; by default it does. */
  readonly asks?: boolean;
  /** Whether there is a session gateway; undefined where that doesn't matter. */
  readonly hasGateway?: boolean | undefined;
}

/** Problems as lines a person can act on: `policy.yaml:12 targets.orders-db.…: what would be right`. */
export function problemLines(path: string, problems: readonly LocatedProblem[]): string[] {
  return problems.map(
    ({ line, path: where, message }) => `${path}:${line} ${where === "" ? "" : `${where}: `}${message}`,
  );
}

/**
 * Reads the policy file once.
 *
 * @throws `POLICY_UNREADABLE`; `POLICY_INVALID`, whose message has every problem
 */
export async function readPolicy(options: PolicyOptions): Promise<Policy> {
  let text: string;
  try {
    // Opening a pipe waits for a writer for ever, and takes one of the few threads that all file work shares.
    if (!(await stat(options.path)).isFile()) throw new Error("it is not a regular file");
    text = await within(READ_LIMIT_MS, readFile(options.path, "utf8"), () => new Error("it does not answer"));
  } catch (cause) {
    throw new CodedError("POLICY_UNREADABLE", `The policy ${options.path} can't be read.`, {
      next: "Set POLICY_FILE to a file that exists; the README shows an example.",
      cause,
    });
  }
  const loaded = loadPolicy(text, options);
  if ("policy" in loaded) return loaded.policy;
  throw new CodedError(
    "POLICY_INVALID",
    ["The policy has problems:", ...problemLines(options.path, loaded.problems)].join("\n"),
    {
      next: "Mend them and run: breakglass policy check",
    },
  );
}

/** The policy in force. A file that fails to load keeps the one before, loudly; at start it stops the program. */
export class Policies {
  readonly #options: PolicyOptions;
  readonly #log: Log;
  #current: Policy;
  #stamp: string;
  #looking = false;

  private constructor(options: PolicyOptions, log: Log, first: Policy, stamp: string) {
    this.#options = options;
    this.#log = log;
    this.#current = first;
    this.#stamp = stamp;
  }

  /** @throws as {@link readPolicy} */
  static async open(options: PolicyOptions, log: Log): Promise<Policies> {
    const stamp = await stampOf(options.path);
    const policy = await readPolicy(options);
    return new Policies(options, log, policy, stamp);
  }

  get current(): Policy {
    return this.#current;
  }

  /** Looks whether the file has changed, and loads it if so. Never throws; a look under way is not doubled. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const stamp = await stampOf(this.#options.path);
      if (stamp === this.#stamp) return;
      this.#stamp = stamp;
      this.#current = await readPolicy(this.#options);
      this.#log.info("policy loaded", { policy: this.#current.hash });
    } catch (error) {
      this.#log.error("the policy file could not be loaded; the one before stays in force", {
        error,
        policy: this.#current.hash,
      });
    } finally {
      this.#looking = false;
    }
  }
}

async function stampOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path).catch(() => ({ mtimeMs: 0, size: -1, ino: 0 }));
  return `${mtimeMs} ${size} ${ino}`;
}
