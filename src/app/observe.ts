import type { Watch } from "./anomalies.ts";
import type { NewEvent } from "../domain/events.ts";
import type { Source } from "../domain/activity.ts";
import { CLOCK } from "../domain/people.ts";
import type { RequestState } from "../domain/request.ts";
import { Tally } from "../domain/tally.ts";
import { Conflict } from "../ledger/append-queue.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import { findRecordings, positionOf, readRecording } from "../recording/read-recording.ts";
import type { Position, Recording } from "../recording/recording.ts";
import type { Recordings } from "../recording/recordings.ts";

/** How often it is looked whether there is something to tell. */
const PERIOD_MS = 400;
/** What is followed by nothing for so long is told. */
const QUIET_MS = 800;
/** What goes on and on is told at the latest after this, from its first statement on; chat has the rest of five seconds. */
const AT_MOST_MS = 3_000;
/** Files of before that are looked at in one go. */
const LEFT_AT_ONCE = 20;

export interface ObserveOptions {
  readonly ledger: Ledger;
  readonly recordings: Recordings;
  /** The requests under whose grants something may still be run. */
  readonly live: () => { readonly has: (request: string) => boolean };
  /** Looks at what is entered, and says what else follows from it. */
  readonly watch?: (state: RequestState) => Watch;
  /** Called when something was recorded; `ends`: that ends the access. Never fails. */
  readonly recorded: (id: string, ends: boolean) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/** A recording, and how far it goes. */
interface Part {
  readonly request: string;
  readonly name: string;
  readonly position: () => Promise<Position>;
}

/**
 * Enters what was run into the ledger, a part of a recording at a time: what the file has, and the ledger doesn't know yet. So nothing
 * is kept in memory, what couldn't be entered is entered with the next part, and what a process left behind that died is by the next.
 */
export class Observe {
  readonly #options: ObserveOptions;
  /** Files that were here before this process, and may hold what nobody told. */
  #left: { readonly name: string; readonly request: string }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  /** Recordings that could not be entered at the last try: that is told once. */
  readonly #held = new Set<string>();

  constructor(options: ObserveOptions) {
    this.#options = options;
  }

  /** Begins to look, at what is left from before too. */
  async start(): Promise<void> {
    const { recordings, log } = this.#options;
    try {
      // The newest are the likeliest to hold something.
      this.#left = (await findRecordings(recordings.folder)).toReversed();
    } catch (error) {
      log.error("the recordings of before can't be listed", { folder: recordings.folder, error });
    }
    this.#timer = setInterval(() => void this.look(), PERIOD_MS);
  }

  /** Looks once, at what its time has come for; all that is written where `all` is set. Never throws. */
  async look(all = false): Promise<void> {
    if (all) await this.#looking;
    this.#looking ??= this.#look(all).finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  /** Enters what is left, and stops. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.look(true);
    this.#options.recordings.close();
  }

  async #look(all: boolean): Promise<void> {
    const { recordings, live } = this.#options;
    const due = recordings.open.filter((each) => all || this.#isDue(each));
    for (const recording of due) {
      const part = { request: recording.of.request, name: recording.name, position: () => recording.flushed() };
      const told = await this.#tell(part);
      if (told !== undefined) recording.settle(told);
    }
    if (recordings.open.length > 0) recordings.closeOver(live());
    const open = new Set(recordings.open.map(({ name }) => name));
    for (const left of this.#left.slice(0, LEFT_AT_ONCE)) {
      const told =
        open.has(left.name) ||
        (await this.#tell({ ...left, position: () => positionOf(recordings.folder, left.name) })) !== undefined;
      if (!told) break;
      this.#left = this.#left.filter((each) => each !== left);
    }
  }

  #isDue({ changed }: Recording): boolean {
    if (changed === undefined) return false;
    const now = this.#options.now();
    return now - changed.last >= QUIET_MS || now - changed.since >= AT_MOST_MS || now < changed.since;
  }

  /** @returns how far the ledger knows it now; undefined when it couldn't be told, and is to be tried again */
  async #tell(part: Part): Promise<Position | undefined> {
    const { log } = this.#options;
    try {
      const position = await part.position();
      for (;;) {
        try {
          await this.#record(part, position);
          if (this.#held.delete(part.name)) log.info("what was run is entered again", { recording: part.name });
          return position;
        } catch (error) {
          if (!(error instanceof Conflict)) throw error;
        }
      }
    } catch (error) {
      if (!this.#held.has(part.name))
        log.warn("what was run could not be entered; it stays in the recording and is tried again", {
          ...{ request: part.request, recording: part.name, error },
        });
      this.#held.add(part.name);
      return undefined;
    }
  }

  async #record({ request, name }: Part, position: Position): Promise<void> {
    const { ledger, recordings, watch, recorded, now, log } = this.#options;
    const state = (await ledger.load(request))?.state;
    if (state === undefined) {
      log.warn("a recording of a request that the ledger doesn't know", { request, recording: name });
      return;
    }
    const from = state.observed?.recordings.find(({ file }) => file === name)?.size ?? 0;
    if (from >= position.size) return;
    const watching = watch?.(state);
    const { tally, by } = await this.#addUp(name, from, position.size, watching);
    if (tally.isEmpty) return;
    const { data, notes } = tally.digest(by, { file: name, ...position });
    const digest: NewEvent = { type: "CommandsObserved", actor: CLOCK, data, notes };
    const more = watching?.after(digest) ?? [];
    await ledger.record({ id: request, state, events: [digest, ...more], at: now() });
    log.info("recorded", { request, event: "CommandsObserved", statements: data.statements, of: recordings.folder });
    recorded(
      request,
      more.some(({ type }) => type === "RevokeStarted"),
    );
  }

  async #addUp(name: string, from: number, to: number, watching?: Watch): Promise<{ tally: Tally; by: Source }> {
    const { folder } = this.#options.recordings;
    const tally = new Tally();
    let by: Source = "gateway";
    for await (const line of readRecording(folder, name, { to: 1_000 })) {
      if ("v" in line) by = line.by;
    }
    for await (const line of readRecording(folder, name, { from, to })) {
      tally.add(line);
      watching?.see(line);
    }
    return { tally, by };
  }
}
