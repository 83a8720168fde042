import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { VAULT } from "../domain/accounts.ts";
import { inWords } from "../domain/policy/form.ts";
import { nearest } from "../domain/nearest.ts";
import { asCoded, CodedError } from "../errors.ts";
import { readAnswer } from "../providers/command/answers.ts";
import { runProgram, type Program } from "../providers/command/run-program.ts";
import { healthOf } from "../providers/health.ts";
import { principalName, requestOf } from "../providers/principal-name.ts";
import type { Granted, Handle, Provider, ProviderKind } from "../providers/provider.ts";
import { shellQuote } from "../providers/shell-quote.ts";
import { Timeout, timeoutMs } from "../providers/timeout.ts";
import { Secret } from "../secret.ts";
import { PASSWORD_MAX, type SealedAccount, type SealedAccounts } from "../vault/sealed-accounts.ts";

const Rotate = z.strictObject({
  command: z.array(z.string().regex(/^[^\0]*$/, "must not hold a NUL")).min(1),
  timeout: Timeout.optional(),
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, "must be the name of a variable"), z.string()).optional(),
});
const Connection = z.strictObject({
  account: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, "must be a sealed account's name, as breakglass vault list shows it"),
  rotate: Rotate.optional(),
});
const Role = z.strictObject({});

/** How long a turn at rotating outlasts its command: what it answered has to be sealed too. Milliseconds. */
const TURN_SLACK_MS = 10_000;
const TURN_LOOK_MS = 100;

/** What a rotate command answers. */
const Rotated = z.strictObject({
  password: z.string().min(1).max(PASSWORD_MAX),
  user: z.string().min(1).max(200).optional(),
});

type SealedConnection = z.output<typeof Connection>;

/** What this kind of target needs of its surroundings. */
export interface SealedKindOptions {
  /** The accounts; undefined in a process that holds no target's keys, where only the form of a policy is checked. */
  readonly accounts: SealedAccounts | undefined;
  /** Where `PATH`, `HOME` and `LANG` of a rotate command come from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Targets that are a sealed account: a static secret that is handed to one person at a time. Ending it can't make anybody forget;
 * either a rotate command gives the target a new secret, or a person does, and until then it is burnt.
 */
export function sealedKind(options: SealedKindOptions): ProviderKind<SealedConnection, z.output<typeof Role>> {
  const { accounts } = options;
  return {
    kind: VAULT,
    parseConnection: (input) => {
      const connection = Connection.parse(input, { error: inWords });
      if (accounts !== undefined) refuseUnknown(accounts, connection.account);
      return connection;
    },
    parseRole: (input) => Role.parse(input, { error: inWords }),
    open: (connection) => {
      if (accounts === undefined) throw new CodedError("INTERNAL", "This process holds no sealed accounts.");
      return new SealedTarget(connection, { ...options, accounts });
    },
  };
}

function refuseUnknown(accounts: SealedAccounts, account: string): void {
  const names = accounts.namesNow();
  if (names.includes(account)) return;
  const near = nearest(account, names);
  const right = near === undefined ? `Seal it: breakglass vault put ${account}` : `Did you mean ${near}?`;
  const message = `No account ${account} is sealed under ${accounts.dir}. ${right}`;
  throw new z.ZodError([{ code: "custom", path: ["account"], message, input: account }]);
}

class SealedTarget implements Provider<unknown> {
  readonly #connection: SealedConnection;
  readonly #options: SealedKindOptions & { readonly accounts: SealedAccounts };
  readonly #closing = new AbortController();

  constructor(connection: SealedConnection, options: SealedKindOptions & { readonly accounts: SealedAccounts }) {
    this.#connection = connection;
    this.#options = options;
  }

  get revocation(): "by-rotation" | "at-rotation" {
    return this.#connection.rotate === undefined ? "at-rotation" : "by-rotation";
  }

  async grant({ request }: { readonly request: string }, signal: AbortSignal): Promise<Granted> {
    inTime(signal);
    const { accounts } = this.#options;
    const record = await this.#record();
    const holder = await accounts.checkOut(record, request);
    if (holder !== request)
      throw new CodedError("SEALED_OUT", `${record.account} is checked out by ${holder}, as its own file says.`);
    const { user, password, connect } = await accounts.open(record).catch((error: unknown) => {
      throw unopened(record.account, error);
    });
    return {
      handle: handleOf(record, request),
      credential: { user, password: new Secret(password), ...(connect !== undefined && { connect }) },
    };
  }

  async revoke(handle: Handle, signal: AbortSignal): Promise<readonly string[]> {
    inTime(signal);
    const { accounts } = this.#options;
    const record = await this.#record();
    const request = handle.request ?? requestOf(handle.name) ?? "";
    // Another generation, or another request's: then nothing is this one's any more.
    if ((await accounts.holder(record)) !== request) return [];
    const { rotate } = this.#connection;
    if (rotate !== undefined) return await this.#rotate(record, rotate, request, signal);
    await accounts.putBack(record, request);
    return ["check-out ended"];
  }

  async list(signal: AbortSignal): Promise<Handle[]> {
    inTime(signal);
    const record = await this.#record();
    const holder = await this.#options.accounts.holder(record);
    return holder === undefined ? [] : [handleOf(record, holder)];
  }

  async isRotated({ ref = "" }: Handle, signal: AbortSignal): Promise<boolean> {
    inTime(signal);
    const { generation } = await this.#record();
    return generation > Number(ref.split("#")[1] ?? Infinity);
  }

  async check(signal: AbortSignal) {
    return await healthOf(signal, async () => {
      inTime(signal);
      await this.#options.accounts.open(await this.#record());
      return [];
    });
  }

  byHand(): readonly string[] {
    return [`breakglass vault rotate ${shellQuote(this.#connection.account)}`];
  }

  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  async #record(): Promise<SealedAccount> {
    const { account } = this.#connection;
    const record = await this.#options.accounts.read(account);
    if (record !== undefined) return record;
    throw new CodedError("TARGET_UNREACHABLE", `No account ${account} is sealed here.`, {
      next: `See that VAULT_DIR is the folder of all workers, and put it: breakglass vault put ${account}`,
    });
  }

  /** Rotates when it is this process's turn; another that is at it is waited for. */
  async #rotate(
    record: SealedAccount,
    rotate: z.output<typeof Rotate>,
    request: string,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { accounts, now } = this.#options;
    const forMs = timeoutMs(rotate.timeout, 15_000) + TURN_SLACK_MS;
    for (;;) {
      inTime(signal, "Another worker set out to rotate it, and may be at it still.");
      const turn = await accounts.turns.take(record, { until: now() + forMs, now: now() });
      // Whoever had the turn before may have sealed the next one.
      const { generation } = await this.#record();
      if (generation !== record.generation) return [rotatedTo(generation)];
      if (turn === undefined) {
        await setTimeout(TURN_LOOK_MS);
        continue;
      }
      try {
        return await this.#ask(record, rotate, request, signal);
      } catch (error) {
        await turn.release();
        throw error;
      }
    }
  }

  /** The new secret is sealed before anything else is done with it. */
  async #ask(
    record: SealedAccount,
    rotate: z.output<typeof Rotate>,
    request: string,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { accounts, environment, now } = this.#options;
    const clear = await accounts.open(record);
    const { user, password } = clear;
    const passed = ["PATH", "HOME", "LANG"].flatMap((key) => {
      const value = environment[key];
      return value === undefined ? [] : [[key, value] as const];
    });
    const program: Program = {
      command: rotate.command,
      env: { ...Object.fromEntries(passed), ...rotate.env },
      timeout: timeoutMs(rotate.timeout, 15_000),
      hide: [password],
    };
    const { account, generation } = record;
    const input = JSON.stringify({ action: "rotate", account, generation, request, user, password });
    const stdout = await runProgram(program, input, AbortSignal.any([signal, this.#closing.signal]));
    const answer = readAnswer(Rotated, stdout);
    if (answer.password === password) {
      throw new CodedError("TARGET_REFUSED", `The rotate command of ${account} gave back the same password.`, {
        next: "Mend the command; until then rotate it by hand.",
      });
    }
    const changed = { ...clear, password: answer.password, user: answer.user ?? user };
    const sealed = await accounts.seal(account, changed, { how: "command", at: now() });
    return [rotatedTo(sealed.generation)];
  }
}

function handleOf({ account, generation }: SealedAccount, request: string): Handle {
  return { request, name: principalName(request), ref: `${account}#${generation}` };
}

function rotatedTo(generation: number): string {
  return `rotated by its command (generation ${generation})`;
}

/** Nothing was handed out. */
function unopened(account: string, thrown: unknown): CodedError {
  const { code, message, next } = asCoded(thrown);
  return new CodedError("TARGET_REFUSED", `The sealed account ${account} can't be opened (${code}): ${message}`, {
    next,
    cause: thrown,
  });
}

function inTime(signal: AbortSignal, why = "There was no time left."): void {
  if (signal.aborted) throw new CodedError("TARGET_TIMEOUT", why);
}
