import type { Policy } from "../domain/policy/schema.ts";
import type { RequestState } from "../domain/request.ts";
import type { Log } from "../log.ts";
import type { ActivityCursor, SeenUnder } from "../providers/provider.ts";
import type { Recording } from "../recording/recording.ts";
import type { Recordings } from "../recording/recordings.ts";
import type { Targets } from "./targets.ts";
import type { Turns } from "./turns.ts";

const PERIOD_MS = 3_000;
const LIMIT_MS = 10_000;
/** A statement whose end isn't seen is given up when so many came after it. */
const KNOWN_MAX = 5_000;

export interface AskActivityOptions {
  readonly targets: Targets;
  readonly turns: Turns;
  readonly policy: () => Policy;
  readonly recordings: Recordings;
  /** The requests that may have access. */
  readonly withAccess: () => readonly RequestState[];
  /** Whether this worker is the one that asks for a request, now and for so many milliseconds. */
  readonly claim: (id: string, forMs: number) => Promise<boolean>;
  /** Lets another worker ask. */
  readonly release: (id: string) => Promise<void>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/** What is known of one request's statements. */
interface Asked {
  cursor: ActivityCursor;
  /** When it was asked last. */
  at: number;
  /** The number in the recording of each statement that was seen; undefined once it has ended. */
  readonly known: Map<string, number | undefined>;
}

/**
 * Asks targets that no gateway stands before what is run under each live grant, every few seconds, and writes it down as a gateway
 * would. Best effort: what the target doesn't tell isn't known.
 */
export class AskActivity {
  readonly #options: AskActivityOptions;
  readonly #asked = new Map<string, Asked>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: AskActivityOptions) {
    this.#options = options;
  }

  /** Begins with every grant whose time has come; one target that hangs delays no other. */
  begin(): void {
    const { withAccess, now } = this.#options;
    const live = withAccess().filter(({ phase }) => phase === "active" || phase === "ending");
    for (const id of this.#asked.keys()) if (!live.some((each) => each.id === id)) this.#asked.delete(id);
    for (const state of live) {
      const since = now() - (this.#asked.get(state.id)?.at ?? -Infinity);
      if (this.#running.has(state.id) || (since >= 0 && since < PERIOD_MS)) continue;
      const asking = this.#ask(state).finally(() => this.#running.delete(state.id));
      this.#running.set(state.id, asking);
    }
  }

  /** Waits for what is under way, and lets others go on. */
  async stop(): Promise<void> {
    await Promise.all(this.#running.values());
    // Where that fails, it is over by itself after a while.
    await Promise.allSettled([...this.#asked.keys()].map(this.#options.release));
  }

  async #ask(state: RequestState): Promise<void> {
    const { targets, turns, policy, recordings, claim, now, log } = this.#options;
    const { id, target, grant } = state;
    const settings = policy().targets[target];
    const handle = grant?.handle;
    if (settings?.activity === undefined || settings.gateway !== undefined || handle === undefined) return;
    try {
      const provider = targets.provider(target);
      if (provider.activity === undefined || !(await claim(id, 5 * PERIOD_MS))) return;
      const asked = this.#asked.get(id) ?? this.#first(state);
      asked.at = now();
      this.#asked.set(id, asked);
      const look = async () => await provider.activity?.(handle, asked.cursor, AbortSignal.timeout(LIMIT_MS));
      const found = await turns.take(target, look);
      if (found === undefined) return;
      const { by, activity, cursor } = found;
      if (activity.length > 0)
        record(recordings.of({ request: id, target, by, mask: settings.activity.mask }), activity, asked.known);
      asked.cursor = cursor;
    } catch (error) {
      log.warn("a target could not be asked what is run; the next look tries again", { request: id, target, error });
    }
  }

  /** What was told before, by this worker or another, is not told again. */
  #first({ grant, observed }: RequestState): Asked {
    const since = Math.max(grant?.startedAt ?? 0, (observed?.lastAt ?? -1) + 1);
    return { cursor: { since }, at: 0, known: new Map() };
  }
}

function record(recording: Recording, activity: SeenUnder["activity"], known: Map<string, number | undefined>): void {
  for (const { key, ended, by: _by, ...begun } of activity) {
    if (!known.has(key)) known.set(key, recording.begin(begun));
    const number = known.get(key);
    if (ended === undefined || number === undefined) continue;
    recording.end(number, ended);
    known.set(key, undefined);
  }
  for (const [oldest] of known) {
    if (known.size <= KNOWN_MAX) break;
    known.delete(oldest);
  }
}
