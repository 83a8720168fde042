import type { Card } from "../cards/card.ts";
import { keyPosts } from "../cards/key-posts.ts";
import { posts, type Lane, type Post } from "../cards/posts.ts";
import { programPosts } from "../cards/program-posts.ts";
import { isOver, type RequestState } from "../domain/request.ts";
import type { Platform } from "../domain/platform.ts";
import { Conflict } from "../ledger/append-queue.ts";
import { eventsOf } from "../ledger/entry.ts";
import { PEOPLES_KEYS, PROGRAM, REHEARSALS, SEALED_ACCOUNTS } from "../ledger/keys.ts";
import { requestOf, type Loaded } from "../ledger/loaded.ts";
import type { Beside, Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import type { DomainEvent, NewEvent } from "../domain/events.ts";
import { undelivered } from "./undelivered.ts";
import { ChatBusy, ChatRefused, type Posted } from "./messenger.ts";
import { RECORD_MS, recordLine } from "./record-line.ts";
import type { Subject } from "./subject.ts";
import type { Teller } from "./teller.ts";
import { newsAfter } from "./news-after.ts";
import { KEPT_MS, toldKey, type Told, type ToldRecord, type ToldSoFar } from "./told.ts";
import { handOverIn, shownIn, type Spoken } from "./where-shown.ts";

export interface AnnounceOptions {
  readonly ledger: Ledger;
  readonly told: Told;
  readonly teller: Teller;
  /** The platform that is told. */
  readonly platform: Platform;
  /** Every platform that the program speaks in. A request counts as told when all of them were. */
  readonly spoken: readonly Spoken[];
  /** Whether what was posted can be found again there. */
  readonly finds: boolean;
  /** Whether files can be put there. */
  readonly takesFiles: boolean;
  /** Where what happened to the program itself is told. */
  readonly channels: () => Subject["channels"];
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Fresh random text. */
  readonly token: () => string;
  readonly log: Log;
}

/** What happened to the program longer ago is no news. */
const NEWS_MS = 86_400_000;
/** What a month came to is worth telling for longer. */
const MONTH_NEWS_MS = 7 * 86_400_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/** What is told only once, whoever may have forgotten that it was: it would wake people again, or call somebody back in. */
const ONCE: readonly Lane[] = ["private", "security"];

/**
 * Brings one chat platform up to date with what is recorded: it draws what should stand there, compares with what was told, and says
 * the difference; each lane in its order, and no lane waiting for another.
 */
export class Announce {
  readonly #options: AnnounceOptions;
  /** How often in a row a request could not be told, and until when it is not worth to try again. */
  readonly #failures = new Map<string, { readonly count: number; readonly until: number }>();

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

  /** The card that stands in a message of ours here, drawn from what is recorded now. */
  async cardAt(id: string, stands: Posted): Promise<Card | undefined> {
    const { ledger, told } = this.#options;
    const [loaded, ofRequest] = await Promise.all([ledger.load(id), told.read(id)]);
    const { posts: stand } = loaded === undefined ? await told.read(PEOPLES_KEYS) : ofRequest;
    const [key] =
      [...stand].find(([, { posted }]) => posted?.channel === stands.channel && posted.message === stands.message) ??
      [];
    if (key === undefined) return undefined;
    const all =
      loaded === undefined
        ? keyPosts(eventsOf(await ledger.entriesOf(PEOPLES_KEYS)), 0).map(({ post }) => post)
        : posts(id, loaded.events, await this.#recordOf(loaded.state));
    const drawn = all.find((post) => post.key === key);
    return drawn !== undefined && "card" in drawn.content ? drawn.content.card : undefined;
  }

  async #tellAny(id: string): Promise<number | undefined> {
    if (id === PROGRAM || id === SEALED_ACCOUNTS || id === REHEARSALS)
      return await this.#tellOwn(id, (events, since) => {
        const monthsSince = since + NEWS_MS - MONTH_NEWS_MS;
        const isMonth = ({ type }: DomainEvent) => type === "InsightsReported";
        return [
          { posts: programPosts(events.filter((event) => event.at > since && !isMonth(event))) },
          {
            posts: programPosts(events.filter((event) => event.at > monthsSince && isMonth(event))),
            since: monthsSince,
          },
        ];
      });
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
    for (;;) {
      const read = await this.#read(id);
      if (read === undefined) return FIRST_RETRY_MS;
      const { entries, recoveredAt, soFar } = read;
      const loaded = requestOf(id, entries);
      if (loaded === undefined) return undefined;
      const already = soFar.posts;
      const seq = loaded.events.at(-1)?.seq ?? 0;
      if (this.#isOneOfSeveral && (soFar.toldTo[this.#options.platform] ?? 0) >= seq)
        return await this.#closeWith(id, seq);
      const subject = { ...loaded.state, channels: loaded.state.channels[this.#options.platform] ?? {} };
      const drawn = this.#wanted(loaded, subject, await this.#recordOf(loaded.state), already);
      const wanted = newsAfter(drawn, await this.#forgottenTo(loaded, soFar), already);
      const goesOn = !isOver(loaded.state) || seq >= recoveredAt;
      const doubt = { recoveredAt, openedAt: loaded.events[0]?.seq ?? 0, goesOn };
      const { retryMs, refused } = await this.#tellAll(subject, this.#doubted(wanted, already, doubt), already);
      const missing = undelivered(loaded.state, wanted, already, refused);
      if (missing !== undefined) {
        await this.#record(loaded.state, missing);
        continue;
      }
      if (retryMs !== undefined) return retryMs;
      this.#failures.delete(id);
      if (await this.#close(id, seq)) return undefined;
    }
  }

  /**
   * Up to which entry it is told, though nobody knows any more in which messages: what was over before anything that is remembered
   * was told then, or never will be.
   */
  async #forgottenTo({ events, state }: Loaded, { posts: already, forgottenTo }: ToldSoFar): Promise<number> {
    const { told, now } = this.#options;
    if (forgottenTo > 0 || already.size > 0 || !isOver(state)) return forgottenTo;
    const keptSince = now() - KEPT_MS;
    const seq = events.findLast(({ at }) => at < keptSince)?.seq ?? 0;
    if (seq > 0) await told.rememberForgotten(state.id, seq);
    return seq;
  }

  get #here(): Spoken {
    const { platform, spoken } = this.#options;
    return spoken.find((each) => each.platform === platform) ?? { platform, reaches: () => false };
  }

  get #isOneOfSeveral(): boolean {
    return this.#options.spoken.length > 1;
  }

  #wanted(
    { events, state }: Loaded,
    subject: Subject,
    record: string,
    already: ReadonlyMap<string, ToldRecord>,
  ): Post[] {
    const wanted = posts(state.id, events, record).filter(
      ({ content }) => this.#options.takesFiles || !("file" in content),
    );
    return shownIn(this.#here, subject, wanted, handOverIn(state, this.#options.spoken), already);
  }

  /**
   * This platform was told up to an entry. The last of the platforms to come so far closes the matter.
   *
   * @returns false when something newer was recorded meanwhile
   */
  async #close(id: string, seq: number): Promise<boolean> {
    if (this.#isOneOfSeveral) await this.#options.told.rememberToldTo(id, seq);
    return (await this.#closeWith(id, seq)) === undefined;
  }

  /** @returns undefined, or in how many milliseconds to look again because something newer was recorded */
  async #closeWith(id: string, seq: number): Promise<number | undefined> {
    const { ledger, told, spoken } = this.#options;
    if (this.#isOneOfSeveral) {
      const toldTo = await told.toldTo(id);
      // Whoever is behind closes it when they have caught up.
      if (spoken.some(({ platform }) => (toldTo[platform] ?? 0) < seq)) return undefined;
    }
    return (await ledger.markTold(id, seq)) ? undefined : 0;
  }

  /** @param drawn - what chat should show of a stream that is no request, by whom it is for */
  async #tellOwn(
    stream: string,
    drawn: (
      events: readonly DomainEvent[],
      since: number,
    ) => readonly { person?: string | undefined; posts: readonly Post[]; since?: number }[],
  ): Promise<number | undefined> {
    const { now, channels } = this.#options;
    for (;;) {
      const read = await this.#read(stream);
      if (read === undefined) return FIRST_RETRY_MS;
      const { entries, recoveredAt } = read;
      const already = read.soFar.posts;
      const events = eventsOf(entries);
      const since = now() - NEWS_MS;
      const doubt = { recoveredAt, openedAt: 0, goesOn: false };
      let retryMs: number | undefined;
      for (const { person = "", posts: news, since: openedAt = since } of drawn(events, since)) {
        const subject = { id: stream, requester: person, openedAt, channels: channels() };
        const wanted = shownIn(this.#here, subject, news, undefined, already);
        retryMs = (await this.#tellAll(subject, this.#doubted(wanted, already, doubt), already)).retryMs ?? retryMs;
      }
      if (retryMs !== undefined) return retryMs;
      this.#failures.delete(stream);
      if (await this.#close(stream, entries.at(-1)?.seq ?? 0)) return undefined;
    }
  }

  /**
   * What is recorded in a stream and what was told of it, as they are at one moment. Undefined while Redis is being filled again: it
   * has forgotten what was told then, and doesn't say so yet.
   */
  async #read(stream: string): Promise<(Beside & { readonly soFar: ToldSoFar }) | undefined> {
    const { ledger, told } = this.#options;
    const read = await ledger.readBeside(stream, toldKey(stream));
    return read && { ...read, soFar: told.parse(read.beside) };
  }

  /**
   * What is to be told when Redis may have lost what was remembered of posts that are older than its last recovery. They may stand
   * there all the same: each is looked for before it is made. Where nothing can be found again, what is over is not told anew, and
   * what goes on gets a card and a thread that people can go on with; what wakes people, or calls somebody in, is told once.
   *
   * @param openedAt - the entry from which on posts are made that no later entry is named in
   */
  #doubted(
    wanted: readonly Post[],
    already: Map<string, ToldRecord>,
    { recoveredAt, openedAt, goesOn }: { recoveredAt: number; openedAt: number; goesOn: boolean },
  ): readonly Post[] {
    const isDoubtful = ({ key, since = openedAt }: Post) => since < recoveredAt && !already.has(key);
    if (!this.#options.finds)
      return wanted.filter((post) => !isDoubtful(post) || (goesOn && !ONCE.includes(post.lane)));
    for (const post of wanted) if (isDoubtful(post)) already.set(post.key, { shows: "" });
    return wanted;
  }

  async #tellAll(
    subject: Subject,
    wanted: readonly Post[],
    already: Map<string, ToldRecord>,
  ): Promise<{ readonly retryMs: number | undefined; readonly refused?: ChatRefused | undefined }> {
    const { id } = subject;
    const before = already.size;
    const tell = async (lane: Lane) => await this.#tellLane(subject, wanted, already, lane);
    const thread = tell("incident");
    // What hangs in the thread waits for the thread; it may take long, and no other lane waits for it.
    const record = thread.then(async (failure) => (failure === undefined ? await tell("record") : undefined));
    const alone = tell("private");
    const failures = await Promise.all([
      ...[tell("approvals"), thread, record, alone, tell("security"), tell("insights")],
    ]);
    const failed = failures.filter((error) => error !== undefined);
    if (failed.length === 0) return { retryMs: undefined };
    // What was said shows that chat is there: what failed beside it is tried again soon.
    if (already.size > before) this.#failures.delete(id);
    const busyMs = failed.map((error) => (error instanceof ChatBusy ? error.retryAfterMs : Infinity));
    const backoffMs = failed.every((error) => error instanceof ChatBusy) ? Infinity : this.#backoffMs(id);
    // The first that may go on does: the messenger keeps the pauses of the others.
    const ofAlone = await alone;
    return { retryMs: Math.min(...busyMs, backoffMs), refused: ofAlone instanceof ChatRefused ? ofAlone : undefined };
  }

  /** @returns what went wrong, if anything */
  async #tellLane(
    subject: Subject,
    wanted: readonly Post[],
    already: Map<string, ToldRecord>,
    lane: Lane,
  ): Promise<unknown> {
    const { teller, platform, log } = this.#options;
    try {
      const own = wanted.filter((post) => post.lane === lane);
      await teller.bringUpToDate(subject, own, already);
      return undefined;
    } catch (error) {
      log.warn("chat could not be told", { request: subject.id, platform, lane, error });
      return error;
    }
  }

  /** What is recorded meanwhile is tried at once: such a try makes nobody wait longer afterwards. */
  #backoffMs(id: string): number {
    const now = this.#options.now();
    const last = this.#failures.get(id) ?? { count: 0, until: now };
    if (now < last.until) return Math.min(last.until - now, LONGEST_RETRY_MS);
    const ms = Math.min(FIRST_RETRY_MS * 2 ** Math.min(last.count, 6), LONGEST_RETRY_MS);
    this.#failures.set(id, { count: last.count + 1, until: now + ms });
    return ms;
  }

  async #recordOf(state: RequestState): Promise<string> {
    const { states } = await this.#options.ledger.ofPerson(state.requester, state.openedAt - RECORD_MS);
    const own = states.findIndex(({ id }) => id === state.id);
    const before = states.slice(0, Math.max(0, own));
    return recordLine(before.length, before.at(-1));
  }

  async #record(state: RequestState, event: NewEvent): Promise<void> {
    const { ledger, now } = this.#options;
    try {
      await ledger.record({ id: state.id, state, events: [event], at: now() });
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
}
