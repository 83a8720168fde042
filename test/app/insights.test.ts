import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { InsightsMaker } from "../../src/app/insights.ts";
import { MonthlyInsights } from "../../src/app/monthly-insights.ts";
import { UseStore } from "../../src/app/use-store.ts";
import { Uses } from "../../src/app/uses.ts";
import type { Connection } from "../../src/connection.ts";
import type { Policy } from "../../src/domain/policy/schema.ts";
import { PROGRAM } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { acme } from "../domain/acme-policy.ts";
import { opened, T0 } from "../domain/given.ts";
import { plainDirectory } from "./plain-directory.ts";
import { connectedRedis } from "../support/connected-redis.ts";
import { vouch } from "../support/vouch.ts";

/** T0 is in November: this is the first of December, half past midnight in Berlin. */
const FIRST = Date.UTC(2026, 10, 30, 23, 30);
const DAY = 86_400_000;

describe("insights of a ledger", () => {
  let stop: () => Promise<void>;
  let redis: Connection;
  let now = FIRST;
  let settings: Policy["insights"] = { monthly: true, timeZone: "Europe/Berlin" };

  before(async () => {
    ({ redis, stop } = await connectedRedis());
  });
  after(() => stop());
  beforeEach(async () => {
    await redis.flushall();
    await vouch(redis);
    now = FIRST;
    settings = { monthly: true, timeZone: "Europe/Berlin" };
    await ledger().record({ id: "BG-000001", state: undefined, events: [opened().event], at: T0 });
  });

  const ledger = () => new Ledger(redis, () => "s".repeat(22));
  /** As a process has them that has just started. */
  const fresh = () => {
    const policy = () => ({ ...acme, insights: settings });
    const shared = { ledger: ledger(), now: () => now, policy };
    const uses = new Uses(shared.ledger, new UseStore(redis), () => Promise.resolve());
    const insights = new InsightsMaker({ ...shared, uses, directory: plainDirectory() });
    return {
      insights,
      worker: new MonthlyInsights({ ...shared, uses, insights, announce: () => undefined, log: silent }),
    };
  };
  const worker = () => fresh().worker;
  const reported = async () =>
    (await ledger().entriesOf(PROGRAM)).flatMap(({ type, data }) => (type === "InsightsReported" ? [data] : []));

  it("name colleagues to whoever approves or reviews something, and to nobody else", async () => {
    const peopleFor = async (person: string) =>
      (await fresh().insights.asked(person, { target: undefined, days: 30 })).insights.people.map(
        (each) => each.person,
      );
    assert.deepEqual(await peopleFor("carol"), ["alice"]);
    assert.deepEqual(await peopleFor("alice"), ["alice"], "what she did herself");
    assert.deepEqual(await peopleFor("mal"), []);
  });

  it("of a month are reported once, by whichever worker is first, also after restarts and month for month", async () => {
    await Promise.all([worker().look(), worker().look(), worker().look()]);
    await worker().look();
    assert.deepEqual(
      (await reported()).map(({ month, requests, timeZone }) => ({ month, requests, timeZone })),
      [{ month: "2026-11", requests: 1, timeZone: "Europe/Berlin" }],
    );
    now += 31 * DAY;
    await worker().look();
    assert.equal((await reported()).length, 1, "there was nothing in December");
  });

  it("of a month are reported when it is over in the policy's time zone, and not long after", async () => {
    settings = { monthly: true, timeZone: "UTC" };
    await worker().look();
    assert.deepEqual(await reported(), []);
    now = FIRST + 8 * DAY;
    await worker().look();
    assert.deepEqual(await reported(), []);
    now = FIRST + 6 * DAY;
    await worker().look();
    assert.equal((await reported()).length, 1);
  });

  it("of a month are not reported where policy says so", async () => {
    settings = { monthly: false, timeZone: "UTC" };
    now = FIRST + DAY;
    await worker().look();
    assert.deepEqual(await reported(), []);
  });
});
