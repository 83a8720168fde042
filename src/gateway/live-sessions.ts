import { Refused } from "./refused.ts";
import type { Session } from "./session.ts";
import type { Fatal } from "./wire.ts";

/** The longest that a timer of Node's waits. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** A session's place among those of its request. */
export interface Place {
  /** Aborts when the request's sessions are ended before this one has begun. */
  readonly signal: AbortSignal;
  /** It has begun, and ends at a moment at the latest: epoch milliseconds. */
  begin(session: Session, deadline: number): void;
  until(deadline: number): void;
  leave(): void;
}

interface Seat {
  readonly cut: AbortController;
  session?: Session;
  timer?: NodeJS.Timeout | undefined;
}

/** The sessions that are on, by request. Each ends at its deadline by a timer of its own. */
export class LiveSessions {
  readonly #now: () => number;
  readonly #seats = new Map<string, Set<Seat>>();

  /** @param now - epoch milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The requests that have any. */
  get requests(): readonly string[] {
    return [...this.#seats.keys()];
  }

  /** Whether a request has any. */
  has(request: string): boolean {
    return this.#seats.has(request);
  }

  /** How many there are. */
  get count(): number {
    return [...this.#seats.values()].reduce((sum, seats) => sum + seats.size, 0);
  }

  /** Takes a place. @throws Refused when a grant has as many connections as it may */
  take(request: string, limit: number): Place {
    const seats = this.#seats.get(request) ?? new Set();
    if (seats.size >= limit)
      throw new Refused("53300", `too many connections for ${request}: it may have ${limit}`, "Close one of them.");
    this.#seats.set(request, seats);
    const seat: Seat = { cut: new AbortController() };
    seats.add(seat);
    return {
      signal: seat.cut.signal,
      begin: (session, deadline) => {
        seat.session = session;
        this.#arm(request, seat, deadline);
        if (seat.cut.signal.aborted) session.end(over(request));
      },
      until: (deadline) => {
        this.#arm(request, seat, deadline);
      },
      leave: () => {
        clearTimeout(seat.timer);
        seats.delete(seat);
        if (seats.size === 0 && this.#seats.get(request) === seats) this.#seats.delete(request);
      },
    };
  }

  /** Ends a request's sessions now. */
  end(request: string, why: Fatal = over(request)): void {
    for (const seat of this.#seats.get(request) ?? []) {
      seat.cut.abort();
      seat.session?.end(why);
    }
  }

  /** Ends all of them, and waits until they are over. */
  async endAll(why: Fatal): Promise<void> {
    const seats = [...this.#seats.values()].flatMap((each) => [...each]);
    for (const request of this.requests) this.end(request, why);
    await Promise.all(seats.map(async ({ session }) => await session?.over));
  }

  #arm(request: string, seat: Seat, deadline: number): void {
    clearTimeout(seat.timer);
    const leftMs = deadline - this.#now();
    seat.timer = setTimeout(
      () => {
        if (deadline > this.#now()) this.#arm(request, seat, deadline);
        else seat.session?.end(over(request));
      },
      Math.max(0, Math.min(leftMs, TIMER_MAX_MS)),
    );
  }
}

function over(request: string): Fatal {
  return {
    code: "57P01",
    message: `terminating connection: the access of ${request} is over`,
    hint: "Ask again in chat, if it is still needed.",
  };
}
