import type { DomainEvent } from "../domain/events.ts";
import type { CheckpointPost } from "../ledger/checkpoint-post.ts";
import { eventsOf } from "../ledger/entry.ts";
import { Inclusions } from "../ledger/inclusion.ts";
import { PEOPLES_KEYS } from "../ledger/keys.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { recordFacts, type Ran, type RecordFacts } from "./record-facts.ts";

/** How long a record waits for a checkpoint that speaks of all its entries: a worker looks each second whether one is wanted. */
const CHECKPOINT_WAIT_MS = 4_000;

export interface RecordsOptions {
  readonly ledger: Ledger;
  readonly post: CheckpointPost;
  readonly pause: (ms: number) => Promise<unknown>;
  /** What was run under a request's access, for whoever may see all of it. */
  readonly ranOf?: (id: string, events: readonly DomainEvent[]) => Promise<Ran | undefined>;
}

/** Gathers what a request's record shows from a running ledger. */
export class Records {
  readonly #options: RecordsOptions;
  readonly #inclusions: Inclusions;

  constructor(options: RecordsOptions) {
    this.#options = options;
    this.#inclusions = new Inclusions(async (from, limit) => await options.ledger.range(from, limit));
  }

  /**
   * What the record of a request shows as it is now.
   *
   * @returns undefined when there is no such request
   * @throws `LEDGER_UNAVAILABLE`
   */
  async of(id: string): Promise<RecordFacts | undefined> {
    const { ledger, post, pause, ranOf } = this.#options;
    const entries = await ledger.entriesOf(id);
    const seqs = entries.map(({ seq }) => seq);
    const signed = await post.upTo(seqs.at(-1) ?? 0, { ms: CHECKPOINT_WAIT_MS, pause });
    const inclusion = signed === undefined ? undefined : await this.#inclusions.prove(signed, seqs);
    const keys = await ledger.entriesOf(PEOPLES_KEYS);
    return await recordFacts(id, { entries, keys, inclusion, ran: await ranOf?.(id, eventsOf(entries)) });
  }
}
