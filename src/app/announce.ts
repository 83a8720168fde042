import { keyPosts } from "../cards/key-posts.ts";
import { posts, type Lane, type Post } from "../cards/posts.ts";
import { programPosts } from "../cards/program-posts.ts";
import type { RequestState } from "../domain/request.ts";
import { Conflict } from "../ledger/append-queue.ts";
import { eventOf } from "../ledger/entry.ts";
import { PEOPLES_KEYS, PROGRAM } from "../ledger/keys.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import type { DomainEvent } from "../domain/events.ts";
import { ChatBusy } from "./messenger.ts";
import { RECORD_MS, recordLine } from "./record-line.ts";
import type { Subject } from "./subject.ts";
import type { Teller } from "./teller.ts";
import type { Told, ToldRecord } from "./told.ts";

export interface AnnounceOptions {
  readonly ledger: Ledger;
  readonly told: Told;
  readonly teller: Teller;
  /** Where what happened to the program itself is told. */
  readonly channels: () => Subject["channels"];
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Fresh random text. */
  readonly token: () => string;
  readonly log: Log;
}

const LANES: readonly Lane[] = ["approvals", "incident", "private", "security"];
/** What happened to the program longer ago is no news. */
const NEWS_MS = 86_400_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/**
 * Brings chat up to date with what is recorded: it draws what should stand there, compares with what was told, and says
 * the difference; each lane in its order, and no lane waiting for another.
 */
export class Announce {
  readonly #options: AnnounceOptions;
  readonly #failures = new Map<string, number>();

  constructor(options: AnnounceOptions) {
    this.#options = options;
  }

  /**
   * Tells what is untold of a request, or of the program itself.
   *
   * @returns in how many milliseconds to try again; undefined when everything is told
   * @throws `LEDGER_UNAVAILABLE`
   */
  async tell(id: string): Promise<number | undefined> {
    let retryMs: number | undefined = FIRST_RETRY_MS;
    await this.#options.told.exclusively(id, this.#options.token(), async () => {
      retryMs = await this.#tellAny(id);
    });
    return retryMs;
  }

  async #tellAny(id: string): Promise<number | undefined> {
    if (id === PROGRAM)
      return await this.#tellOwn(PROGRAM, (events, since) => [
        { posts: programPosts(events.filter(({ at }) => at > since)) },
      ]);
    if (id !== PEOPLES_KEYS) return await this.#tell(id);
    return await this.#tellOwn(PEOPLES_KEYS, (events, since) => {
      const found = keyPosts(events, since);
      const people = [...new Set(found.map(({ person }) => person))];
      return people.map((person) => ({
        person,
        posts: found.filter((each) => each.person === person).map(({ post }) => post),
      }));
    });
  }

  async #tell(id: string): Promise<number | undefined> {
    const { ledger, told } = this.#options;
    for (;;) {
      const { whole } = await ledger.standing();
      const loaded = await ledger.load(id);
      const already = await told.read(id);
      if (!(await this.#isStill(whole))) return FIRST_RETRY_MS;
      if (loaded === undefined) return undefined;
      const wanted = posts(id, loaded.events, await this.#recordOf(loaded.state));
      doubt(wanted, already, await ledger.recoveredAt(), loaded.events[0]?.seq ?? 0);
      const retryMs = await this.#tellAll(loaded.state, wanted, already);
      if (already.get("credential")?.posted !== undefined && !loaded.state.revealed) {
        await this.#recordHandOver(loaded.state);
        continue;
      }
      if (retryMs !== undefined) return retryMs;
      this.#failures.delete(id);
      if (await ledger.markTold(id, loaded.events.at(-1)?.seq ?? 0)) return undefined;
    }
  }

  /** @param drawn - what chat should show of a stream that is no request, by whom it is for */
  async #tellOwn(
    stream: string,
    drawn: (
      events: readonly DomainEvent[],
      since: number,
    ) => readonly { person?: string | undefined; posts: readonly Post[] }[],
  ): Promise<number | undefined> {
    const { ledger, told, now, channels } = this.#options;
    for (;;) {
      const { whole } = await ledger.standing();
      const entries = await ledger.entriesOf(stream);
      const already = await told.read(stream);
      if (!(await this.#isStill(whole))) return FIRST_RETRY_MS;
      const events = entries.map(eventOf).filter((event) => event !== undefined);
      const since = now() - NEWS_MS;
      const recoveredAt = await ledger.recoveredAt();
      let retryMs: number | undefined;
      for (const { person = "", posts: wanted } of drawn(events, since)) {
        doubt(wanted, already, recoveredAt, 0);
        const subject = { id: stream, requester: person, openedAt: since, channels: channels() };
        retryMs = (await this.#tellAll(subject, wanted, already)) ?? retryMs;
      }
      if (retryMs !== undefined) return retryMs;
      this.#failures.delete(stream);
      if (await ledger.markTold(stream, entries.at(-1)?.seq ?? 0)) return undefined;
    }
  }

  /** While Redis is being filled again it has forgotten what was told, and doesn't say so yet. */
  async #isStill(whole: string | undefined): Promise<boolean> {
    return whole !== undefined && (await this.#options.ledger.standing()).whole === whole;
  }

  async #tellAll(
    subject: Subject,
    wanted: readonly Post[],
    already: Map<string, ToldRecord>,
  ): Promise<number | undefined> {
    const { id } = subject;
    const before = already.size;
    const failures = await Promise.all(
      LANES.map(async (lane) => {
        try {
          await this.#options.teller.bringUpToDate(
            subject,
            wanted.filter((post) => post.lane === lane),
            already,
          );
          return undefined;
        } catch (error) {
          this.#options.log.warn("chat could not be told", { request: id, lane, error });
          return error;
        }
      }),
    );
    const failed = failures.filter((error) => error !== undefined);
    if (failed.length === 0) return undefined;
    // What was said shows that chat is there: what failed beside it is tried again soon.
    if (already.size > before) this.#failures.delete(id);
    const busyMs = failed.map((error) => (error instanceof ChatBusy ? error.retryAfterMs : Infinity));
    const backoffMs = failed.every((error) => error instanceof ChatBusy) ? Infinity : this.#backoffMs(id);
    // The first that may go on does: the messenger keeps the pauses of the others.
    return Math.min(...busyMs, backoffMs);
  }

  #backoffMs(id: string): number {
    const failures = (this.#failures.get(id) ?? 0) + 1;
    this.#failures.set(id, failures);
    return Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 6), LONGEST_RETRY_MS);
  }

  async #recordOf(state: RequestState): Promise<string> {
    const { states } = await this.#options.ledger.ofPerson(state.requester, state.openedAt - RECORD_MS);
    const own = states.findIndex(({ id }) => id === state.id);
    const before = states.slice(0, Math.max(0, own));
    return recordLine(before.length, before.at(-1));
  }

  /** The credential reached its requester: that is a fact of the request, and belongs into the ledger. */
  async #recordHandOver(state: RequestState): Promise<void> {
    const { ledger, now } = this.#options;
    const actor = { person: state.requester, via: "clock" } as const;
    const event = { type: "CredentialRevealed", actor, data: { by: "direct-message" } } as const;
    try {
      await ledger.record({ id: state.id, state, events: [event], at: now() });
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
}

/**
 * Redis may have lost what was remembered of posts that are older than its last recovery. What nothing is known of may stand
 * there all the same: it is looked for before it is posted.
 *
 * @param recoveredAt - the first entry since
 * @param openedAt - the entry from which on posts are made that no later entry is named in
 */
function doubt(wanted: readonly Post[], already: Map<string, ToldRecord>, recoveredAt: number, openedAt: number): void {
  for (const { key } of wanted) {
    const seq = Number(/^(?:line|notice|page|call)\.(\d+)$/.exec(key)?.[1] ?? openedAt);
    if (seq < recoveredAt && !already.has(key)) already.set(key, { shows: "" });
  }
}
