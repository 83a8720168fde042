import {
  VAULT,
  accountStanding,
  foldAccounts,
  untilText,
  type Account,
  type AccountStanding,
  type Accounts,
} from "../domain/accounts.ts";
import type { NewEvent } from "../domain/events.ts";
import { CLOCK } from "../domain/people.ts";
import type { Policy, Target } from "../domain/policy/schema.ts";
import type { RequestState } from "../domain/request.ts";
import { CodedError } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import { eventsOf } from "../ledger/entry.ts";
import { SEALED_ACCOUNTS } from "../ledger/keys.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Mirror } from "../ledger/mirror.ts";
import type { SealedAccount, SealedAccounts } from "../vault/sealed-accounts.ts";

/** How often it is decided again because another process recorded something first. */
const TRIES = 10;

/** What is recorded of sealed accounts, and how many entries that is. */
export interface AccountsRead {
  readonly accounts: Accounts;
  readonly entries: number;
}

export async function readAccounts(ledger: Ledger): Promise<AccountsRead> {
  const entries = await ledger.entriesOf(SEALED_ACCOUNTS);
  const events = eventsOf(entries);
  return { accounts: foldAccounts(events), entries: entries.length };
}

/** The sealed account that a target is; undefined for any other kind. */
export function accountOf(target: Target | undefined): string | undefined {
  if (target?.provider !== VAULT) return undefined;
  const { connection } = target;
  const isMap = typeof connection === "object" && connection !== null && !Array.isArray(connection);
  const account = isMap ? connection["account"] : undefined;
  return typeof account === "string" ? account : undefined;
}

/** Where an account stands, by the ledger and, for whoever can see it, by what is sealed. */
export async function standingOf(
  ledger: Ledger,
  account: Account | undefined,
  generation?: number,
): Promise<AccountStanding> {
  const holder = account?.out === undefined ? undefined : (await ledger.load(account.out.request))?.state;
  return accountStanding(account, holder, generation);
}

export interface CheckOutOptions {
  readonly ledger: Ledger;
  readonly mirror: Mirror;
  readonly accounts: SealedAccounts;
  readonly policy: () => Policy;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Checks a request's sealed account out, if its target is one: the ledger says that it alone has it, and the mirror has that, before
 * the secret is opened. Of two requests that want it, whichever is recorded first has it.
 *
 * @throws `SEALED_OUT`, `SEALED_BURNT`, `TARGET_UNREACHABLE` where it isn't sealed here, `LEDGER_UNAVAILABLE`
 */
export type CheckOut = (state: RequestState, deadline: number) => Promise<void>;

export function createCheckOut({ ledger, mirror, accounts, policy, now }: CheckOutOptions): CheckOut {
  return async (state, deadline) => {
    const { id: request, target, requester: person, verdict } = state;
    const name = accountOf(policy().targets[target]);
    if (name === undefined) {
      if (verdict.provider !== VAULT) return;
      // Its provider may be known here still, and would open it.
      throw new CodedError("TARGET_REFUSED", `The policy no longer says which sealed account ${target} is.`);
    }
    for (let attempt = 1; ; attempt += 1) {
      const record = await accounts.read(name);
      if (record === undefined)
        throw new CodedError("TARGET_UNREACHABLE", `No account ${name} is sealed under ${accounts.dir}.`);
      const { generation } = record;
      const read = await readAccounts(ledger);
      const known = read.accounts.get(name);
      if (known?.out?.request === request && known.out.generation === generation) break;
      await refuseTaken(known, record, request);
      const out = { account: name, generation, request, person, deadline };
      const events: NewEvent[] = [
        ...(generation > (known?.generation ?? 0) ? [sealedEvent(record)] : []),
        { type: "AccountCheckedOut", actor: CLOCK, data: out },
      ];
      try {
        await ledger.recordIn(SEALED_ACCOUNTS, read.entries, events, now());
        break;
      } catch (error) {
        if (!(error instanceof Conflict) || attempt === TRIES) throw error;
      }
    }
    await mirror.catchUp();
  };

  async function refuseTaken(
    known: Account | undefined,
    { generation }: SealedAccount,
    request: string,
  ): Promise<void> {
    if (known === undefined) return;
    if (generation < known.generation) {
      throw new CodedError(
        "SEALED_BURNT",
        `What is sealed of ${known.name} here is an old copy (generation ${generation}, and there was ${known.generation}).`,
        { next: "See that VAULT_DIR is the folder of all workers." },
      );
    }
    const standing = await standingOf(ledger, known, generation);
    if (standing.kind === "burnt") throw burnt(known.name, standing);
    if (standing.kind === "out" && standing.request !== request) throw out(known.name, standing);
  }
}

/** That a new generation is there: by whom, where somebody was at the keyboard. */
export function sealedEvent({ account, generation, how, who }: SealedAccount): NewEvent {
  const actor = who === undefined ? CLOCK : ({ via: "cli", account: who } as const);
  return { type: "AccountSealed", actor, data: { account, generation, how } };
}

function out(account: string, { request, person, until }: Extract<AccountStanding, { kind: "out" }>): CodedError {
  return new CodedError("SEALED_OUT", `${account} is checked out by ${person}${untilText(until)} (${request}).`);
}

function burnt(account: string, { request, person }: Extract<AccountStanding, { kind: "burnt" }>): CodedError {
  const who = person === undefined ? "it was opened offline" : `${person} knows its password (${request ?? ""})`;
  return new CodedError("SEALED_BURNT", `${account} is burnt: ${who}, and it was not rotated since.`, {
    next: `On the server: breakglass vault rotate ${account}`,
  });
}
