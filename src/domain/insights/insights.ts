import { distribution, type Distribution } from "./distribution.ts";
import { hourOfDay } from "./hour-of-day.ts";
import { proposals, type Around, type Proposal } from "./proposals.ts";
import { RoleTally } from "./role-tally.ts";
import { dayStarts, daysOf, type Window } from "./window.ts";
import { WAYS, type Use, type Way } from "./use.ts";

const DAY_MS = 86_400_000;

/** What happened with one role, for people to compare. */
export interface RoleFigures {
  readonly target: string;
  readonly role: string;
  readonly requests: number;
  readonly uses: number;
  readonly ways: Readonly<Record<Way, number>>;
  /** How often access was over and nobody had come in, of how many. */
  readonly neverUsed: number;
  readonly over: number;
  /** Milliseconds; absent where none is over. */
  readonly granted?: Distribution | undefined;
  readonly used?: Distribution | undefined;
}

/** How break-glass access was used, and what that proposes. Times in milliseconds. */
export interface Insights extends Window {
  readonly requests: number;
  /** How often access was given. */
  readonly uses: number;
  readonly ways: Readonly<Record<Way, number>>;
  readonly outcomes: Readonly<Record<"denied" | "withdrawn" | "lapsed" | "open", number>>;
  /** The most used first. */
  readonly roles: readonly RoleFigures[];
  readonly people: readonly { readonly person: string; readonly requests: number; readonly uses: number }[];
  /** Uses by the hour that they were asked for, 0 to 23, in the window's time zone. */
  readonly hours: readonly number[];
  /** Uses over time, from the first day on. */
  readonly columns: readonly { readonly from: number; readonly ways: Readonly<Record<Way, number>> }[];
  /** How many days a column stands for. */
  readonly columnDays: number;
  /** How long people took to approve. */
  readonly approval?: Distribution | undefined;
  readonly waitedMs: readonly number[];
  /** How long access outlived its end. */
  readonly lateness?: Distribution | undefined;
  readonly lateMs: readonly number[];
  readonly grantedMs: number;
  readonly usedMs: number;
  readonly neverUsed: number;
  readonly over: number;
  readonly followUps: Around["followUps"];
  readonly proposals: readonly Proposal[];
}

/** Adds requests up, one by one: so that a hundred thousand need not be held at once. */
export class InsightsTally {
  readonly #window: Window;
  readonly #hourOf: (at: number) => number;
  readonly #roles = new Map<string, RoleTally>();
  readonly #people = new Map<string, { requests: number; uses: number }>();
  readonly #outcomes = { denied: 0, withdrawn: 0, lapsed: 0, open: 0 };
  readonly #hours: number[] = Array.from({ length: 24 }, () => 0);
  readonly #columns: { from: number; ways: Record<Way, number> }[];
  readonly #columnDays: number;

  constructor(window: Window) {
    this.#window = window;
    this.#hourOf = hourOfDay(window.timeZone);
    this.#columnDays = columnDays(window);
    this.#columns = dayStarts(window, this.#columnDays).map((from) => ({ from, ways: noWays() }));
  }

  /** Takes a request. One that isn't meant changes nothing. */
  add(use: Use): void {
    const { from, to, target } = this.#window;
    if (
      use.drill === true ||
      use.openedAt < from ||
      use.openedAt >= to ||
      (target !== undefined && use.target !== target)
    )
      return;
    this.#roleOf(use).add(use);
    const person = this.#people.get(use.requester) ?? { requests: 0, uses: 0 };
    this.#people.set(use.requester, person);
    person.requests += 1;
    if (use.end !== "ended") this.#outcomes[use.end] += 1;
    if (!use.given || use.way === undefined) return;
    person.uses += 1;
    const hour = this.#hourOf(use.openedAt);
    this.#hours[hour] = (this.#hours[hour] ?? 0) + 1;
    const column = this.#columnAt(use.openedAt);
    if (column !== undefined) column.ways[use.way] += 1;
  }

  /** What it all comes to. */
  sum(around: Around): Insights {
    const tallies = [...this.#roles.values()].sort((one, other) => other.uses - one.uses || compare(one, other));
    const waitedMs = tallies.flatMap((each) => each.waitedMs);
    const lateMs = tallies.flatMap((each) => each.lateMs);
    return {
      ...this.#window,
      requests: total(tallies.map(({ requests }) => requests)),
      uses: total(tallies.map(({ uses }) => uses)),
      ways: addedUp(tallies.map(({ ways }) => ways)),
      outcomes: this.#outcomes,
      roles: tallies.map(figuresOf),
      people: [...this.#people]
        .map(([person, counts]) => ({ person, ...counts }))
        .sort(
          (one, other) =>
            other.uses - one.uses || other.requests - one.requests || (one.person < other.person ? -1 : 1),
        ),
      hours: this.#hours,
      ...{ columns: this.#columns, columnDays: this.#columnDays },
      ...{ approval: distribution(waitedMs), waitedMs, lateness: distribution(lateMs), lateMs },
      grantedMs: total(tallies.flatMap((each) => each.grantedMs)),
      usedMs: total(tallies.flatMap((each) => each.usedMs)),
      neverUsed: total(tallies.map(({ neverUsed }) => neverUsed)),
      over: total(tallies.map(({ usedMs }) => usedMs.length)),
      followUps: around.followUps,
      proposals: proposals(tallies, around),
    };
  }

  #columnAt(at: number) {
    let nth = Math.floor((at - this.#window.from) / (this.#columnDays * DAY_MS));
    // A day on which the clocks are changed is longer or shorter than others.
    while (nth > 0 && (this.#columns[nth]?.from ?? Infinity) > at) nth -= 1;
    while ((this.#columns[nth + 1]?.from ?? Infinity) <= at) nth += 1;
    return this.#columns[nth];
  }

  #roleOf({ target, role }: Use): RoleTally {
    const key = `${target} ${role}`;
    const known = this.#roles.get(key);
    if (known !== undefined) return known;
    const made = new RoleTally(target, role);
    this.#roles.set(key, made);
    return made;
  }
}

/** So that there are a few dozen columns at most. */
function columnDays(window: Window): number {
  const days = daysOf(window);
  return days <= 31 ? 1 : days <= 220 ? 7 : Math.ceil(days / 30);
}

function figuresOf(tally: RoleTally): RoleFigures {
  const { target, role, requests, uses, ways, neverUsed, usedMs, grantedMs } = tally;
  return {
    ...{ target, role, requests, uses, ways, neverUsed, over: usedMs.length },
    ...{ granted: distribution(grantedMs), used: distribution(usedMs) },
  };
}

function compare(one: RoleTally, other: RoleTally): number {
  return `${one.target} ${one.role}` < `${other.target} ${other.role}` ? -1 : 1;
}

function noWays(): Record<Way, number> {
  return { automatic: 0, approved: 0, emergency: 0 };
}

function addedUp(all: readonly Readonly<Record<Way, number>>[]): Record<Way, number> {
  const sum = noWays();
  for (const each of all) for (const way of WAYS) sum[way] += each[way];
  return sum;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
