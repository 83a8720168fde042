import { CLOCK } from "../domain/people.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";

/** Which policy is in force is a fact like any other. It is recorded as soon as the ledger takes it. */
export class PolicyRecord {
  readonly #ledger: Ledger;
  readonly #policy: () => Policy;
  readonly #now: () => number;
  readonly #log: Log;
  /** The hash of the policy that the ledger is known to name. */
  #recorded: string | undefined;
  #looking: Promise<void> | undefined;

  constructor(ledger: Ledger, policy: () => Policy, now: () => number, log: Log) {
    this.#ledger = ledger;
    this.#policy = policy;
    this.#now = now;
    this.#log = log;
  }

  /** Records the policy in force unless that is done. Never throws; what fails is tried at the next look. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { hash, targets } = this.#policy();
    if (this.#recorded === hash) return;
    try {
      const data = { policy: hash, targets: Object.keys(targets).length };
      await this.#ledger.recordOwn((own) => {
        const before = own.findLast(({ type }) => type === "PolicyLoaded")?.data["policy"];
        return before === hash ? [] : [{ type: "PolicyLoaded", actor: CLOCK, data }];
      }, this.#now());
      this.#recorded = hash;
    } catch (error) {
      this.#log.debug("the policy in force could not be recorded yet", { error });
    }
  }
}
