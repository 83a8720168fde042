import { mkdir } from "node:fs/promises";
import { readConfig } from "../config.ts";
import type { Account } from "../domain/accounts.ts";
import { readAccounts, sealedEvent, standingOf } from "../app/check-out.ts";
import { nearest } from "../domain/nearest.ts";
import { asCoded, CodedError } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import { SEALED_ACCOUNTS } from "../ledger/keys.ts";
import type { Vault } from "../vault/open-vault.ts";
import { clearAccountSchema, type ClearAccount, type SealedAccount } from "../vault/sealed-accounts.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { serverAccount } from "./server-account.ts";
import { vaultOf } from "./vault-of.ts";
import { withLedger } from "./with-ledger.ts";

/** What is put beside a secret. */
export interface PutOptions {
  readonly user?: string | undefined;
  readonly note?: string | undefined;
  readonly connect?: string | undefined;
  readonly json: boolean;
}

/**
 * `breakglass vault put`: seals a static secret as an account that policy can name. One that is there already gets a next generation.
 * The same password once more is no news to whoever knows it, so it is taken only while nobody does.
 *
 * @param secret - reads it, from anywhere but the arguments
 * @throws `BAD_USAGE`, `SEAL_CONFLICT`, `VAULT_KEY_INVALID`, and for the same password `LEDGER_UNAVAILABLE`
 */
export async function putAccount(
  io: Io,
  name: string,
  options: PutOptions,
  secret: () => Promise<string>,
): Promise<ExitCode> {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) {
    throw new CodedError(
      "BAD_USAGE",
      "An account's name is lower-case letters, digits and hyphens, and begins with a letter.",
      {
        next: "For instance: breakglass vault put aws-root --user root@acme.test",
      },
    );
  }
  const vault = vaultOf(io);
  const before = await vault.accounts.read(name).catch(() => undefined);
  const known = before === undefined ? undefined : await vault.accounts.open(before).catch(() => undefined);
  const { user = known?.user, note = known?.note, connect = known?.connect } = options;
  if (user === undefined) {
    throw new CodedError("BAD_USAGE", `Whose password is ${name}?`, {
      next: `Say so: breakglass vault put ${name} --user root@acme.test`,
    });
  }
  const read = async () => {
    const put = await secret();
    if (before !== undefined && put === known?.password) await refuseKnown(io, before);
    return put;
  };
  return await sealOne(io, vault, name, { user, note, connect }, "put", read, options.json);
}

/** @throws `BAD_USAGE` when somebody may know the password, `LEDGER_UNAVAILABLE` where that can't be told */
async function refuseKnown(io: Io, { account, generation }: SealedAccount): Promise<void> {
  const { kind } = await withLedger(io, async (ledger) => {
    const { accounts } = await readAccounts(ledger);
    return await standingOf(ledger, accounts.get(account), generation);
  });
  if (kind === "free") return;
  throw new CodedError("BAD_USAGE", `That is the password that ${account} has already, and somebody knows it.`, {
    next: "Give the target another one first, and seal that one.",
  });
}

/**
 * `breakglass vault rotate`: seals the new secret that somebody has given the target. From then on the account can be checked out again.
 *
 * @throws `SEALED_UNKNOWN`, `SEAL_BROKEN`, `SEAL_CONFLICT`, `BAD_USAGE`
 */
export async function rotateAccount(
  io: Io,
  name: string,
  options: { readonly json: boolean },
  secret: () => Promise<string>,
): Promise<ExitCode> {
  const vault = vaultOf(io);
  const record = await vault.accounts.read(name);
  if (record === undefined) throw unknown(vault, name);
  const before = await vault.accounts.open(record);
  const read = async () => {
    const fresh = await secret();
    if (fresh !== before.password) return fresh;
    throw new CodedError("BAD_USAGE", `That is the password that ${name} has already.`, {
      next: "Give the target another one first: whoever was handed this one knows it.",
    });
  };
  return await sealOne(io, vault, name, before, "rotate", read, options.json);
}

async function sealOne(
  io: Io,
  vault: Vault,
  name: string,
  known: Omit<ClearAccount, "password">,
  how: "put" | "rotate",
  secret: () => Promise<string>,
  json: boolean,
): Promise<ExitCode> {
  const { user, note, connect } = known;
  const clear = clearAccountSchema.safeParse({
    ...{ user, password: await secret() },
    ...(note !== undefined && { note }),
    ...(connect !== undefined && { connect }),
  });
  if (!clear.success) {
    // zod's own words may repeat what was given.
    throw new CodedError("BAD_USAGE", clear.error.issues.map(({ message }) => message).join(" "), {
      next: "Nothing was changed.",
    });
  }
  // A first secret may be sealed before the service ever ran. A folder of VAULT_KEY_FILE's own is not made: it may be one that isn't mounted.
  await mkdir(readConfig(io.env).dataDir, { recursive: true, mode: 0o700 });
  const who = serverAccount(io.env);
  const record = await vault.accounts.seal(name, clear.data, { how, who, at: Date.now() });
  const recorded = await recordSealed(io, record);
  const { account, generation } = record;
  if (json) io.result(JSON.stringify({ account, generation, user, recorded }, null, 2));
  else io.result(`${account} is sealed: ${user}, generation ${generation}`);
  if (!recorded)
    io.talk("note: the ledger can't be reached from here; a worker records it as soon as it sees the file");
  return 0;
}

/** Says it in the ledger at once, so that nobody waits for a worker's look. */
async function recordSealed(io: Io, record: SealedAccount): Promise<boolean> {
  try {
    await withLedger(io, async (ledger) => {
      for (;;) {
        const { accounts, entries } = await readAccounts(ledger);
        if ((accounts.get(record.account)?.generation ?? 0) >= record.generation) return;
        try {
          await ledger.recordIn(SEALED_ACCOUNTS, entries, [sealedEvent(record)], Date.now());
          return;
        } catch (error) {
          if (!(error instanceof Conflict)) throw error;
        }
      }
    });
    return true;
  } catch {
    return false;
  }
}

/** One account as `vault list` shows it. Nothing of it is secret. */
interface Listed {
  readonly account: string;
  readonly user: string;
  readonly note?: string | undefined;
  readonly generation: number;
  readonly since: string;
  /** `free`, `out` or `burnt`; `unknown` where the ledger can't be asked. */
  readonly standing: "free" | "out" | "burnt" | "unknown";
  readonly person?: string | undefined;
  readonly request?: string | undefined;
  readonly until?: string | undefined;
}

/** `breakglass vault list`: what is sealed, since when, who has it, and what is burnt. Never a secret. */
export async function listAccounts(io: Io, options: { readonly json: boolean }): Promise<ExitCode> {
  const { accounts } = vaultOf(io);
  const listed = await standings(io, await accounts.all());
  if (options.json) io.result(JSON.stringify(listed, null, 2));
  else for (const each of listed) io.result(lineOf(each));
  if (listed.length === 0) io.talk(`nothing is sealed under ${accounts.dir}`);
  if (listed.some(({ standing }) => standing === "unknown"))
    io.talk("note: the ledger can't be reached from here, so who has what is not known");
  return 0;
}

async function standings(io: Io, records: readonly SealedAccount[]): Promise<Listed[]> {
  const plain = records.map(({ account, user, note, generation, at }) => ({
    account,
    user,
    note,
    generation,
    since: at,
  }));
  try {
    return await withLedger(io, async (ledger) => {
      const { accounts } = await readAccounts(ledger);
      return await Promise.all(
        plain.map(async (each): Promise<Listed> => {
          const known: Account | undefined = accounts.get(each.account);
          const { kind, ...rest } = await standingOf(ledger, known, each.generation);
          const until = "until" in rest && rest.until !== undefined ? new Date(rest.until).toISOString() : undefined;
          return { ...each, standing: kind, ...rest, until };
        }),
      );
    });
  } catch (error) {
    if (!UNKNOWN.includes(asCoded(error).code)) throw error;
    return plain.map((each) => ({ ...each, standing: "unknown" }));
  }
}

const UNKNOWN: readonly string[] = ["LEDGER_UNAVAILABLE", "REDIS_UNREACHABLE", "INTERNAL"];

function lineOf({ account, user, note, generation, since, ...where }: Listed): string {
  const { standing, person = "somebody", request, until } = where;
  const about = note === undefined ? "" : ` (${note})`;
  const of = request === undefined ? "" : `, ${request}`;
  const stands = {
    free: "in the vault",
    out: `checked out by ${person}${until === undefined ? ", being taken back" : ` until ${until.slice(0, 16)}Z`}${of}`,
    burnt: `burnt: ${person} knows it${of}; rotate it`,
    unknown: "in the vault",
  }[standing];
  return `${account}: ${user}${about}, generation ${generation} since ${since.slice(0, 16)}Z, ${stands}`;
}

function unknown({ accounts }: Vault, name: string): CodedError {
  const near = nearest(name, accounts.namesNow());
  return new CodedError("SEALED_UNKNOWN", `No account ${name} is sealed under ${accounts.dir}.`, {
    next: near === undefined ? "breakglass vault list shows those that are." : `Did you mean ${near}?`,
  });
}
