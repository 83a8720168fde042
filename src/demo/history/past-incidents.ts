import type { Said } from "../../domain/review.ts";

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

/** One request of the made-up past: who asks for what and why, and what people do about it. Times are milliseconds. */
export interface PastIncident {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly by: "alice" | "bob";
  readonly target: string;
  readonly role: string;
  readonly why: string;
  /** How long after it somebody decides; absent: nobody does. */
  readonly decidedAfter?: number;
  readonly denied?: string;
  /** How long after it the requester goes ahead alone. */
  readonly aloneAfter?: number;
  /** Whether the credential is opened. */
  readonly opened: boolean;
  /** How long after access is on it is ended; absent: at its deadline. */
  readonly endedAfter?: number;
  /** For how long after its end the target doesn't answer. */
  readonly awayFor?: number;
  readonly review?: Omit<Said, "followUps"> & {
    readonly followUps: readonly {
      readonly what: string;
      readonly owner: string;
      readonly dueDays: number;
      readonly doneDays?: number;
    }[];
  };
}

const WHY = {
  "orders-db": ["INC-{n} orders stuck after failover", "INC-{n} checkout times out", "INC-{n} two orders paid twice"],
  "billing-db": ["FIN-{n} an invoice is off by a cent", "FIN-{n} a customer asks for last year's invoices"],
  "search-cluster": ["INC-{n} search returns nothing", "INC-{n} a shard won't come back"],
  "admin-tool": ["SUP-{n} a merchant is locked out", "SUP-{n} a refund needs a second pair of eyes"],
} as const;
const PREVENTION = "A button in the admin tool that does it.";
const FOLLOW_UPS = [
  "build that button",
  "alert before the queue is full",
  "write a runbook for it",
  "a dashboard for support",
];

/** What there was of each role, of a hundred. */
const SHARES = [
  ["orders-db", "reader", 34],
  ["orders-db", "writer", 26],
  ["billing-db", "reader", 16],
  ["search-cluster", "operator", 12],
  ["admin-tool", "support", 12],
] as const;

/**
 * Makes up a past, always the same for the same end and number.
 *
 * @param end - the last of it, epoch milliseconds
 * @param days - how long it is
 * @param count - how many requests
 */
export function pastIncidents(end: number, days: number, count: number): PastIncident[] {
  const random = numbers(20_261_123);
  const found = Array.from({ length: count }, (_, nth) => {
    const [target, role] = pick(SHARES, random());
    // Most come by day, and a good part of the search cluster's at night.
    const night = random() < (target === "search-cluster" ? 0.6 : 0.12);
    const hour = night ? random() * 6 : 8 + random() * 11;
    const day = Math.floor(end / DAY) - days + Math.floor((nth / count) * days);
    return incident(day * DAY + hour * HOUR, target, role, nth, random);
  });
  return [...found, ...unreviewed(end)].sort((one, other) => one.at - other.at);
}

/** What each of the two asked for last: its review is still to be done, so that one waits for the other. */
function unreviewed(end: number): PastIncident[] {
  const common = {
    role: "writer",
    target: "orders-db",
    decidedAfter: 40 * SECOND,
    opened: true,
    endedAfter: 7 * MINUTE,
  };
  return [
    { ...common, at: end - 30 * HOUR, by: "bob", why: "INC-161 orders stuck after failover" },
    { ...common, at: end - 20 * HOUR, by: "alice", why: "INC-162 two orders paid twice" },
  ];
}

function incident(at: number, target: keyof typeof WHY, role: string, nth: number, random: () => number): PastIncident {
  const whys = WHY[target];
  const why = (whys[Math.floor(random() * whys.length)] ?? "").replace("{n}", String(40 + nth));
  const by = random() < 0.6 ? ("alice" as const) : ("bob" as const);
  const opened = random() > (target === "admin-tool" ? 0.35 : 0.08);
  const common = { at, by, target, role, why, opened, ...ending(target, random) };
  if (role === "reader")
    return { ...common, decidedAfter: 15 * SECOND + random() * (target === "billing-db" ? 90 : 300) * SECOND };
  const luck = random();
  const lapses = target === "search-cluster" ? 0.2 : 0.06;
  if (luck < lapses) return common;
  if (luck < lapses + 0.14 && target !== "admin-tool")
    return { ...common, aloneAfter: 6 * MINUTE + random() * 8 * MINUTE, ...reviewed("emergency", nth, random) };
  if (luck > 0.94) return { ...common, decidedAfter: 3 * MINUTE, denied: "the runbook has a button for this" };
  const decidedAfter = 20 * SECOND + random() ** 3 * 15 * MINUTE;
  const isAway = nth % 47 === 20;
  return {
    ...{ ...common, decidedAfter },
    ...(isAway && { awayFor: 80 * SECOND }),
    ...reviewed(target === "admin-tool" ? "routine" : "emergency", nth, random),
  };
}

/** Most is given back long before its time; some is kept to the end. */
function ending(target: string, random: () => number): Pick<PastIncident, "endedAfter"> {
  if (random() < 0.25) return {};
  const most = target === "billing-db" ? 12 : 9;
  return { endedAfter: (1 + random() * most) * MINUTE };
}

function reviewed(use: "emergency" | "routine", nth: number, random: () => number): Pick<PastIncident, "review"> {
  const needed = random() < 0.75 ? "yes" : "partly";
  const scope = random() < 0.85 ? "right" : "too-wide";
  const what = FOLLOW_UPS[Math.floor(nth / 4) % FOLLOW_UPS.length] ?? "";
  const owner = Math.floor(nth / 4) % 2 === 0 ? "alice" : "bob";
  const dueDays = 10 + (nth % 40);
  // What is not done is open to this day.
  const done = nth % 16 === 0 ? {} : { doneDays: 3 + (nth % 4) };
  const followUps = nth % 4 === 0 ? [{ what, owner, dueDays, ...done }] : [];
  return { review: { use, needed, duration: "right", scope, prevention: PREVENTION, followUps } };
}

function pick<T extends readonly [string, string, number]>(shares: readonly T[], at: number): T {
  let left = at * 100;
  const found = shares.find(([, , share]) => (left -= share) < 0) ?? shares[0];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}

/** Numbers from 0 to 1 that look as if by chance (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
