import { createHash } from "node:crypto";
import { emptyHome, homeOf, type Home, type HomeLimits } from "../cards/home.ts";
import { HASH_TAG, type Connection } from "../connection.ts";
import type { Platform } from "../domain/platform.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { RequestState } from "../domain/request.ts";
import { asCoded, Refusal } from "../errors.ts";
import type { Log } from "../log.ts";
import { ChatBusy } from "./messenger.ts";
import type { Queries } from "./queries.ts";
import { personOf, type Caller } from "./whois.ts";

const KEY = `${HASH_TAG}:homes`;
/** What was shown last, as a hash of it, whichever process showed it: the same is not shown again. */
const SHOWN = `${KEY}:shown`;
/** So long after it was opened a home is kept up to date: no platform says when it is closed. */
export const KEPT_UP_MS = 3_600_000;
/** What happens in quick succession is shown once. */
const GAP_MS = 1_000;
const TRIES_MAX = 10;
/** So long what is open serves the homes of all whom an event concerns; each is looked at anew after it was shown. */
const OPEN_KEPT_MS = 250;

/** Somebody's place in a chat platform. */
export interface HomePlace {
  readonly platform: Platform;
  readonly account: string;
}

/** Where a platform shows homes. */
export interface HomeScreen {
  readonly limits: HomeLimits;
  /**
   * Shows somebody their home as it is now.
   *
   * @throws {@link ChatBusy}, `CHAT_FAILED`
   */
  show(account: string, home: Home): Promise<void>;
}

export interface HomesOptions {
  readonly redis: Connection;
  readonly queries: Queries;
  readonly policy: () => Policy;
  /** Refuses whoever may do nothing here. */
  readonly whois: (caller: Caller) => Promise<{ readonly person?: string | undefined }>;
  /** Waits until nothing more urgent is under way in this process. */
  readonly turn: () => Promise<void>;
  readonly now: () => number;
  /** Waits so many milliseconds, and no longer than until the signal; never throws. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
}

/** A home that is being shown, and whether something happened meanwhile. */
interface Showing {
  again: boolean;
  readonly done: Promise<void>;
}

/**
 * People's homes, kept up to date while somebody may be looking: who opened theirs stands in Redis, so that whichever process hears of
 * an event shows it. A home is drawn from what is recorded, at the moment at which it is shown.
 */
export class Homes {
  readonly #options: HomesOptions;
  readonly #screens = new Map<Platform, HomeScreen>();
  readonly #showing = new Map<string, Showing>();
  readonly #stopping = new AbortController();
  #open: { readonly at: number; readonly states: Promise<RequestState[]> } | undefined;

  constructor(options: HomesOptions) {
    this.#options = options;
  }

  /** A platform that has homes. */
  add(platform: Platform, screen: HomeScreen): void {
    this.#screens.set(platform, screen);
  }

  /**
   * Somebody opened their home. It is shown, and from now on kept up to date for a while. Never throws.
   *
   * @param shown - what they were shown already
   */
  async opened(place: HomePlace, shown?: Home): Promise<void> {
    const { redis, now, log } = this.#options;
    const name = nameOf(place);
    this.#open = undefined;
    try {
      if (shown === undefined) await redis.hdel(SHOWN, name);
      else await redis.hset(SHOWN, name, hashOf(shown));
      await redis.zadd(KEY, now(), name);
      await redis.zremrangebyscore(KEY, "-inf", now() - KEPT_UP_MS);
    } catch (error) {
      log.warn("it could not be remembered that somebody opened their home", { error });
    }
    await this.#show(place);
  }

  /** Something was recorded of a request: whoever it concerns, and may be looking, sees it. Never throws. */
  async touched(id: string): Promise<void> {
    const { redis, queries, policy, now, log } = this.#options;
    // What was read before this happened says nothing of it.
    this.#open = undefined;
    try {
      const open = await redis.zrangebyscore(KEY, now() - KEPT_UP_MS, "+inf");
      if (open.length === 0) return;
      const concerned = await queries.concerned(id);
      const places = open.map(placeOf).filter(({ platform, account }) => {
        const person = personOf(policy(), platform, account);
        return person !== undefined && concerned.has(person);
      });
      await Promise.all(places.map((place) => this.#show(place)));
    } catch (error) {
      log.debug("homes could not be brought up to date", { request: id, error });
    }
  }

  /** Somebody's home as it is now. What they may not have is said in it. */
  async of({ platform, account }: HomePlace, limits: HomeLimits): Promise<Home> {
    const { whois, queries, log } = this.#options;
    try {
      const { person } = await whois({ via: platform, account });
      return homeOf(await queries.home(person ?? "", await this.#openNow()), limits);
    } catch (thrown) {
      const { message, next, code } = asCoded(thrown);
      if (!(thrown instanceof Refusal)) log.warn("a home could not be drawn", { error: thrown });
      return emptyHome(thrown instanceof Refusal ? `${message} ${next}` : `🔴 ${message} ${next} (${code})`);
    }
  }

  /** Shows nothing more, and waits for what is being shown. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#showing.values()].map(({ done }) => done));
  }

  /** One at a time for each home; what happens meanwhile is shown right after, in one. */
  async #show(place: HomePlace): Promise<void> {
    const name = nameOf(place);
    const under = this.#showing.get(name);
    if (under !== undefined) {
      under.again = true;
      await under.done;
      return;
    }
    const showing: Showing = { again: false, done: this.#run(place, name, () => showing) };
    this.#showing.set(name, showing);
    await showing.done;
  }

  async #run(place: HomePlace, name: string, showing: () => Showing): Promise<void> {
    const { pause, log } = this.#options;
    // Whoever asks for it must be able to find it under way first.
    await Promise.resolve();
    try {
      for (let failures = 0; failures < TRIES_MAX && !this.#stopping.signal.aborted;) {
        showing().again = false;
        const came = await this.#once(place, name);
        // What was drawn may have been overtaken by what another process showed: it is looked at again until nothing changes.
        if (came === "same" && !showing().again) return;
        failures = typeof came === "number" ? failures + 1 : 0;
        await pause(typeof came === "number" ? came : GAP_MS, this.#stopping.signal);
      }
    } catch (error) {
      log.warn("a home could not be shown", { platform: place.platform, account: place.account, error });
    } finally {
      this.#showing.delete(name);
    }
  }

  async #openNow(): Promise<RequestState[]> {
    const { queries, now } = this.#options;
    if (this.#open === undefined || now() - this.#open.at > OPEN_KEPT_MS)
      this.#open = { at: now(), states: queries.unfinished() };
    return await this.#open.states;
  }

  /** @returns whether it stood there so already, was shown, or may be tried again in so many milliseconds */
  async #once(place: HomePlace, name: string): Promise<"same" | "shown" | number> {
    const { redis } = this.#options;
    const screen = this.#screens.get(place.platform);
    if (screen === undefined) return "same";
    await this.#options.turn();
    const home = await this.of(place, screen.limits);
    const content = hashOf(home);
    if ((await redis.hget(SHOWN, name)) === content) return "same";
    try {
      await screen.show(place.account, home);
    } catch (error) {
      if (error instanceof ChatBusy) return error.retryAfterMs;
      throw error;
    }
    await redis.hset(SHOWN, name, content);
    await redis.pexpire(SHOWN, 2 * KEPT_UP_MS);
    return "shown";
  }
}

function hashOf(home: Home): string {
  return createHash("sha256").update(JSON.stringify(home)).digest("base64");
}

function nameOf({ platform, account }: HomePlace): string {
  return `${platform} ${account}`;
}

function placeOf(name: string): HomePlace {
  const [platform, account = ""] = name.split(" ");
  return { platform: platform === "teams" ? "teams" : "slack", account };
}
