import { monthBefore, type Month } from "../domain/insights/window.ts";
import { CLOCK } from "../domain/people.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { Entry } from "../ledger/entry.ts";
import { PROGRAM } from "../ledger/keys.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import type { InsightsMaker } from "./insights.ts";
import type { Uses } from "./uses.ts";

const PERIOD_MS = 60_000;
/** What nobody could tell within the first week of a month is told no more: `/breakglass insights` has it. */
const LATE_MS = 7 * 86_400_000;

export interface MonthlyInsightsOptions {
  readonly ledger: Ledger;
  readonly uses: Uses;
  readonly insights: InsightsMaker;
  readonly policy: () => Policy;
  /** Puts "look at this" on the queue for chat. */
  readonly announce: (stream: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Records, when a month is over, that it is told what it came to. Of several workers one does, by the ledger; what then stands in chat
 * follows from that entry, as everything does.
 */
export class MonthlyInsights {
  readonly #options: MonthlyInsightsOptions;
  #lookedAt = -Infinity;
  #looking: Promise<void> | undefined;
  /** The month of which nothing is to be done any more. */
  #done: string | undefined;

  constructor(options: MonthlyInsightsOptions) {
    this.#options = options;
  }

  /** Begins to look, if it is time. Whatever goes wrong is logged, and tried again. */
  begin(): void {
    const { now, log } = this.#options;
    if (this.#looking !== undefined || now() - this.#lookedAt < PERIOD_MS) return;
    this.#lookedAt = now();
    this.#looking = this.look()
      .catch((error: unknown) => {
        log.warn("insights could not be brought up to date", { error });
      })
      .finally(() => (this.#looking = undefined));
  }

  /** Waits for a look that is under way. */
  async stop(): Promise<void> {
    await this.#looking;
  }

  /** Brings what insights need up to date, so that nobody waits for it who asks; and reports the month before. @throws `LEDGER_UNAVAILABLE` */
  async look(): Promise<void> {
    const { ledger, uses, insights, policy, announce, now } = this.#options;
    await uses.catchUp();
    const { monthly, timeZone } = policy().insights;
    const month = monthBefore(now(), timeZone);
    if (!monthly || this.#done === month.name || now() - month.to > LATE_MS) return;
    if (!isReported(await ledger.entriesOf(PROGRAM), month)) {
      const { requests, uses: given } = await insights.of({ ...month, timeZone });
      const data = { month: month.name, from: month.from, to: month.to, timeZone, requests, uses: given };
      // Of a month without requests there is nothing to say.
      if (requests > 0)
        await ledger.recordOwn(
          (own) => (isReported(own, month) ? [] : [{ type: "InsightsReported", actor: CLOCK, data }]),
          now(),
        );
      announce(PROGRAM);
    }
    this.#done = month.name;
  }
}

function isReported(own: readonly Entry[], { name }: Month): boolean {
  return own.some(({ type, data }) => type === "InsightsReported" && data["month"] === name);
}
