import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Order } from "../../app/order.ts";
import { Told } from "../../app/told.ts";
import { readConfig } from "../../config.ts";
import { CLOCK } from "../../domain/people.ts";
import { Refusal } from "../../errors.ts";
import { PROGRAM } from "../../ledger/keys.ts";
import type { Log } from "../../log.ts";
import { untraced } from "../../trace.ts";
import { layFoundation, type Foundation } from "../../serve/foundation.ts";
import { pastIncidents, type PastIncident } from "./past-incidents.ts";
import { openPastDoors, type PastDoors } from "./past-doors.ts";
import { PAST_POLICY } from "./past-policy.ts";

const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];
const [DAYS, COUNT] = [92, 120];
/** What is younger would count into budgets of today. */
const LATEST_MS = 2 * DAY_MS;
const OPENED_AFTER_MS = 20_000;
const REVIEWED_AFTER_MS = 3 * 3_600_000;
const ACCOUNTS = { alice: "U0ALICE", bob: "U0BOB", carol: "U0CAROL" } as const;

/** Something that happens at a moment: somebody does something, or the clock comes to a request. */
interface Moment {
  readonly at: number;
  readonly do: () => Promise<void>;
}

/**
 * Makes up three months of the demo's past, in an empty Redis and the mirror under a folder: through the same two doors as
 * everything else, with a clock that goes from one moment to the next. Chat is told nothing of it.
 *
 * @param options - `dataDir`: where the mirror goes, no other is there yet; `now`: when the past ends, epoch milliseconds
 */
export async function makePast(options: {
  readonly redisUrl: string;
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly now: number;
  readonly log: Log;
  readonly say: (line: string) => void;
}): Promise<void> {
  const { redisUrl, dataDir, env, now, log, say } = options;
  const incidents = pastIncidents(now - LATEST_MS, DAYS, COUNT);
  const time = { at: (incidents[0]?.at ?? now) - DAY_MS };
  const policyFile = join(dataDir, "past-policy.yaml");
  const config = readConfig({
    DATA_DIR: dataDir,
    POLICY_FILE: policyFile,
    SLACK_BOT_TOKEN: "xoxb-past",
    SLACK_SIGNING_SECRET: "past",
    REDIS_URL: redisUrl,
  });
  await writeFile(policyFile, PAST_POLICY);
  const base = await layFoundation(config, env, {
    ...{ log, now: () => time.at, say },
    watch: { trace: untraced, called: () => undefined },
  });
  try {
    // What a killed machine would lose of a past that is made up, it may.
    await base.redis.config("SET", "appendfsync", "no");
    await new Past(base, time).play(incidents, now);
    await base.redis.config("SET", "appendfsync", "always");
  } finally {
    await base.close();
  }
}

class Past {
  readonly #base: Foundation;
  readonly #time: { at: number };
  readonly #moments: Moment[] = [];
  /** Until when the targets of some requests don't answer. */
  readonly #away = new Map<string, number>();
  #doors: PastDoors | undefined;
  /** The newest entry and when it was recorded: as far as no heartbeat is missing. */
  #beaten = { seq: 0, at: 0 };
  /** How many entries of the program's own there are, while that is known. */
  #own: number | undefined;

  constructor(base: Foundation, time: { at: number }) {
    this.#base = base;
    this.#time = time;
  }

  async play(incidents: readonly PastIncident[], end: number): Promise<void> {
    const { ledger, policyRecord, redis } = this.#base;
    const doors = await openPastDoors(this.#base, {
      isAway: (request) => (this.#away.get(request) ?? 0) > this.#time.at,
      takes: (ms) => (this.#time.at += ms),
    });
    this.#doors = doors;
    try {
      await policyRecord.look();
      for (const incident of incidents) this.#at(incident.at, () => this.#begin(incident));
      for (const first of firstsOfMonths(this.#time.at, end)) this.#at(first, () => this.#report(doors));
      for (let next = this.#moments.shift(); next !== undefined && next.at <= end; next = this.#moments.shift()) {
        await this.#beatUntil(next.at);
        this.#time.at = Math.max(this.#time.at, Math.round(next.at));
        await next.do();
      }
      await this.#beatUntil(end);
      this.#time.at = end;
      // Chat hears nothing of what happened before there was a chat, also when something in it is done later.
      const { seq } = await ledger.head();
      const told = new Told(redis, "slack");
      for (const id of await ledger.untold(COUNT * 2)) {
        await told.rememberForgotten(id, seq);
        await ledger.markTold(id, seq);
      }
    } finally {
      await doors.close();
    }
  }

  /** Each hour in which nothing is recorded gets its heartbeat, as a worker gives it: a past that was silent would look like one that is missing. */
  async #beatUntil(until: number): Promise<void> {
    const { ledger } = this.#base;
    const { seq } = await ledger.head();
    if (seq !== this.#beaten.seq) this.#beaten = { seq, at: this.#time.at };
    const { at } = this.#beaten;
    const count = Math.max(0, Math.ceil((until - at) / HOUR_MS) - 1);
    if (count === 0) return;
    const version = this.#own ?? (await ledger.entriesOf(PROGRAM)).length;
    const event = { type: "HeartbeatRecorded", actor: CLOCK, data: {} } as const;
    const beats = Array.from({ length: count }, (_, nth) =>
      ledger.recordIn(PROGRAM, version + nth, [event], at + (nth + 1) * HOUR_MS),
    );
    await Promise.all(beats);
    this.#own = version + count;
    this.#beaten = { seq: seq + count, at: at + count * HOUR_MS };
  }

  async #report({ monthly }: PastDoors): Promise<void> {
    await monthly.look();
    this.#own = undefined;
  }

  async #begin(incident: PastIncident): Promise<void> {
    const { at, by, target, role, why, decidedAfter, denied, aloneAfter } = incident;
    const delivery = `past ${at} ${target}`;
    const asked = { target, role, justification: why, duration: undefined, thread: undefined, delivery };
    const id = await this.#does(by, { type: "OpenRequest", ...asked });
    if (id === undefined) return;
    if (decidedAfter !== undefined)
      this.#at(at + decidedAfter, () =>
        this.#does("carol", denied === undefined ? { type: "Approve", id } : { type: "Deny", id, reason: denied }),
      );
    if (aloneAfter !== undefined) this.#at(at + aloneAfter, () => this.#does(by, { type: "BreakGlass", id }));
    await this.#look(id, incident);
  }

  /** Somebody does something; what is refused is not done, as in every past. @returns the request's id, where it was done */
  async #does(person: keyof typeof ACCOUNTS, order: Order): Promise<string | undefined> {
    try {
      const { state } = await this.#open.handle({ via: "slack", account: ACCOUNTS[person] }, order);
      if (order.type !== "OpenRequest") await this.#look(state.id);
      return state.id;
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }

  readonly #incidents = new Map<string, PastIncident>();
  readonly #followed = new Set<string>();

  /** The clock comes to a request, and comes again when that wants it; what people do once access is on, or over, follows. */
  async #look(id: string, incident = this.#incidents.get(id)): Promise<void> {
    if (incident !== undefined) this.#incidents.set(id, incident);
    const next = await this.#open.perform.look(id);
    if (next !== undefined) this.#at(Math.max(next, this.#time.at + 1), () => this.#look(id));
    const state = (await this.#base.ledger.load(id))?.state;
    if (state === undefined || incident === undefined) return;
    const { by, opened, endedAfter, awayFor, review } = incident;
    if (state.phase === "active" && this.#once(id, "active")) {
      const nonce = randomBytes(16).toString("base64url");
      if (opened) this.#at(this.#time.at + OPENED_AFTER_MS, () => this.#does(by, { type: "Reveal", id, nonce }));
      const endsAt = Math.min(state.deadline ?? Infinity, this.#time.at + (endedAfter ?? Infinity));
      if (awayFor !== undefined) this.#away.set(id, endsAt + awayFor);
      if (endedAfter !== undefined) this.#at(endsAt, () => this.#does(by, { type: "EndEarly", id }));
    }
    if (state.review !== undefined && review !== undefined && this.#once(id, "review"))
      this.#at(this.#time.at + REVIEWED_AFTER_MS, () => this.#review(id, by, review));
  }

  async #review(id: string, by: PastIncident["by"], review: NonNullable<PastIncident["review"]>): Promise<void> {
    const day = (days: number) => new Date(this.#time.at + days * DAY_MS).toISOString().slice(0, 10);
    const followUps = review.followUps.map(({ what, owner, dueDays }) => ({ what, owner, due: day(dueDays) }));
    await this.#does(by === "alice" ? "bob" : "alice", { type: "SubmitReview", id, said: { ...review, followUps } });
    for (const [index, { owner, doneDays }] of review.followUps.entries())
      if (doneDays !== undefined)
        this.#at(this.#time.at + doneDays * DAY_MS, () =>
          this.#does(owner === "alice" ? "alice" : "bob", { type: "CloseFollowUp", id, nth: index + 1 }),
        );
  }

  #once(id: string, what: string): boolean {
    if (this.#followed.has(`${id} ${what}`)) return false;
    this.#followed.add(`${id} ${what}`);
    return true;
  }

  #at(at: number, work: () => Promise<unknown>): void {
    const moment = { at, do: async () => void (await work()) };
    const place = this.#moments.findLastIndex((each) => each.at <= at);
    this.#moments.splice(place + 1, 0, moment);
  }

  get #open(): PastDoors {
    if (this.#doors === undefined) throw new Error("the doors are closed");
    return this.#doors;
  }
}

/** Five minutes into each month. */
function firstsOfMonths(from: number, to: number): number[] {
  const began = new Date(from);
  const [year, month] = [began.getUTCFullYear(), began.getUTCMonth()] as const;
  return [1, 2, 3, 4].map((later) => Date.UTC(year, month + later, 1, 0, 5)).filter((at) => at <= to);
}
