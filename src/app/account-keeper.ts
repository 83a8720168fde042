import { outstandingOf } from "../domain/accounts.ts";
import type { NewEvent } from "../domain/events.ts";
import { Conflict } from "../ledger/append-queue.ts";
import { SEALED_ACCOUNTS } from "../ledger/keys.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import type { SealedAccounts } from "../vault/sealed-accounts.ts";
import { readAccounts, sealedEvent, standingOf, type AccountsRead } from "./check-out.ts";

/** How often it is looked. What is refused doesn't hang on it: that is asked of the facts themselves. */
const PERIOD_MS = 2_000;

export interface AccountKeeperOptions {
  readonly ledger: Ledger;
  readonly accounts: SealedAccounts;
  readonly announce: (id: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Keeps the ledger's word on sealed accounts: a new generation is recorded whoever sealed it, one that is burnt is told, and people are
 * reminded until it is rotated. All of it follows from what is sealed and what is recorded, so any worker may look, at any time.
 */
export class AccountKeeper {
  readonly #options: AccountKeeperOptions;
  #lookedAt = -Infinity;

  constructor(options: AccountKeeperOptions) {
    this.#options = options;
  }

  /** Looks, if it is time to. An account whose file is damaged holds up no other. @throws `LEDGER_UNAVAILABLE` */
  async look(): Promise<void> {
    const { now } = this.#options;
    const sinceMs = now() - this.#lookedAt;
    // A clock that was set back must not stop it.
    if (sinceMs >= 0 && sinceMs < PERIOD_MS) return;
    this.#lookedAt = now();
    const { accounts, ledger, announce, log } = this.#options;
    const generations = await accounts.generations();
    if (generations.size === 0) return;
    const read = await readAccounts(ledger);
    const events = await this.#outstanding(generations, read);
    if (events.length === 0) return;
    try {
      await ledger.recordIn(SEALED_ACCOUNTS, read.entries, events, now());
    } catch (error) {
      // Another worker was first: the next look sees what is left.
      if (!(error instanceof Conflict)) throw error;
      return;
    }
    for (const { type, data } of events) log.info("recorded", { event: type, ...data });
    announce(SEALED_ACCOUNTS);
  }

  async #outstanding(generations: ReadonlyMap<string, number>, { accounts: known }: AccountsRead): Promise<NewEvent[]> {
    const { accounts, ledger, now, log } = this.#options;
    const events: NewEvent[] = [];
    for (const [name, generation] of generations) {
      const account = known.get(name);
      if (account === undefined || account.generation < generation) {
        const record = await accounts.read(name).catch((error: unknown) => {
          log.error("a sealed account can't be read", { account: name, error });
          return undefined;
        });
        if (record !== undefined && record.generation > (account?.generation ?? 0)) events.push(sealedEvent(record));
        continue;
      }
      const event = outstandingOf(account, await standingOf(ledger, account, generation), generation, now());
      if (event !== undefined) events.push(event);
    }
    return events;
  }
}
