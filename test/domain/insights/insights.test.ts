import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { insightsText } from "../../../src/cards/insights-text.ts";
import { InsightsTally } from "../../../src/domain/insights/insights.ts";
import { useOf, type Use } from "../../../src/domain/insights/use.ts";
import { withoutOthers } from "../../../src/domain/insights/whose-eyes.ts";
import {
  dayBegins,
  daysOf,
  dayStarts,
  lastDays,
  monthBefore,
  type Window,
} from "../../../src/domain/insights/window.ts";
import { plain } from "../../../src/slack/mrkdwn.ts";
import { MINUTE, stateOf } from "../given.ts";
import { TO_ITS_DEADLINE, WITH_EVERY_TROUBLE } from "../lives.ts";
import { DAY, FROM, refused, times, use } from "./use-of.ts";

const HOUR = 60 * MINUTE;
const NAMES = {
  name: (person: string) => ({ alice: "Alice Ng", bob: "Bob Ortiz" })[person] ?? person,
  account: () => undefined,
};
const WINDOW: Window = { from: FROM, to: FROM + 28 * DAY, timeZone: "UTC" };

const USES: readonly Use[] = [
  ...times(6, (nth) => use({ openedAt: FROM + nth * DAY + 3 * HOUR, waitedMs: (nth + 1) * MINUTE })),
  use({ openedAt: FROM + 9 * DAY, requester: "bob", role: "reader", way: "automatic", waitedMs: undefined, usedMs: 0 }),
  use({
    openedAt: FROM + 27 * DAY + 23 * HOUR,
    requester: "bob",
    way: "emergency",
    waitedMs: undefined,
    lateMs: 90_000,
  }),
  refused("denied", { openedAt: FROM + DAY }),
  refused("lapsed", { openedAt: FROM + DAY, target: "billing-db" }),
  // Not meant: a rehearsal, the moment before, and the moment after.
  use({ openedAt: FROM + DAY, drill: true }),
  use({ openedAt: FROM - 1 }),
  use({ openedAt: FROM + 28 * DAY }),
];

function sum(window: Window = WINDOW) {
  const tally = new InsightsTally(window);
  for (const each of USES) tally.add(each);
  return tally.sum({ followUps: { open: 2, overdue: 1 } });
}

describe("insights", () => {
  it("read as sentences", () => {
    assert.deepEqual(
      insightsText(sum()).map((line) => plain(line, NAMES)),
      [
        "Break-glass access to all targets: the last 28 days, since 31 Aug 2026",
        "10 requests, and access 8 times: 1 (13 %) automatic, 6 (75 %) approved by people and 1 (13 %) in an emergency. 1 denied and 1 lapsed.",
        "Half of 6 approvals came within 3 min, and 9 of 10 within 6 min.",
        "Of 2 h that were granted, 1 h 38 min were used (82 %). 1 of 8 was never used.",
        "Access was gone within 0.3 s of its end in half of all cases, within 1 min 30 s in 9 of 10, and 1 min 30 s late at worst.",
        "The busiest hour begins at 03:00 with 6; 100 % came at night, 22:00 to 06:00 (UTC).",
        "Most used",
        "orders-db writer 7 uses of 8 requests · 1 in an emergency · granted 15 min, used 14 min at the median",
        "orders-db reader 1 use · granted 15 min, used 0 s at the median · 1 never used",
        "billing-db writer 0 uses of 1 request",
        "By whom",
        "Alice Ng 6, Bob Ortiz 2.",
        "2 follow-ups from reviews are open, 1 of them past its day.",
        "What would make it needed less",
        "• Access to orders-db writer outlived its end by more than a minute once, at worst by 1 min 30 s: see what its thread says of why.",
        "• carol alone approved all 6 requests for orders-db writer: see that somebody else answers too, for when that is not possible.",
      ],
    );
  });

  it("are of one target, where that is asked for", () => {
    const { requests, uses } = sum({ ...WINDOW, target: "billing-db" });
    assert.deepEqual({ requests, uses }, { requests: 1, uses: 0 });
    const [heading, nothing] = insightsText(sum({ ...WINDOW, target: "nothing-db" })).map((line) => plain(line, NAMES));
    assert.match(heading ?? "", /^Break-glass access to nothing-db/);
    assert.equal(nothing, "Nobody asked for any.");
  });

  it("count hours by the clock of a time zone, and put each use into its column", () => {
    const { hours, columns } = sum({ ...WINDOW, timeZone: "Asia/Kolkata" });
    assert.equal(hours[8], 6, "03:00 UTC is 08:30 there");
    assert.equal(columns.length, 28);
    assert.deepEqual(columns[27]?.ways, { automatic: 0, approved: 0, emergency: 1 });
  });

  it("name nobody else to whoever answers for nobody", () => {
    const { people, proposals } = withoutOthers(sum(), "bob");
    assert.deepEqual(
      people.map(({ person }) => person),
      ["bob"],
    );
    assert.deepEqual(
      proposals.map(({ kind }) => kind),
      ["late"],
    );
  });

  it("need of a request what its events say", () => {
    assert.deepEqual(useOf(stateOf(...TO_ITS_DEADLINE)), {
      ...{ id: "BG-7K3M2Q", openedAt: stateOf(...TO_ITS_DEADLINE).openedAt, requester: "alice" },
      ...{ target: "orders-db", role: "writer", given: true, end: "ended", way: "approved", waitedMs: 32_000 },
      ...{ approvers: ["carol"], grantedMs: 15 * MINUTE, usedMs: 15 * MINUTE, lateMs: 340 },
    });
    const { way, usedMs, lateMs, waitedMs } = useOf(stateOf(...WITH_EVERY_TROUBLE));
    assert.deepEqual(
      { way, usedMs, lateMs, waitedMs },
      { way: "emergency", usedMs: 0, lateMs: 320_000, waitedMs: undefined },
    );
  });
});

describe("the time that insights are of", () => {
  const iso = (at: number) => new Date(at).toISOString();

  it("begins at a midnight of the policy's time zone, also where the clocks are changed", () => {
    // 25 October 2026: Berlin goes from UTC+2 to UTC+1.
    const { from } = lastDays(Date.UTC(2026, 9, 26, 12), 3, "Europe/Berlin");
    assert.equal(iso(from), "2026-10-23T22:00:00.000Z");
    assert.equal(iso(lastDays(Date.UTC(2026, 9, 26, 12), 1, "UTC").from), "2026-10-26T00:00:00.000Z");
  });

  it("has as many days as the calendar, however long they are, also just after a midnight", () => {
    for (const timeZone of ["UTC", "Asia/Kathmandu", "America/New_York", "Europe/Berlin", "America/Santiago"])
      for (const now of [Date.UTC(2026, 10, 2, 5, 10), Date.UTC(2026, 2, 9, 4, 10), Date.UTC(2026, 8, 7, 3, 5)])
        for (const days of [1, 2, 30, 90]) {
          const window = lastDays(now, days, timeZone);
          assert.equal(daysOf(window), days, `${timeZone} ${iso(now)} ${days}`);
          assert.equal(dayStarts(window, 1).length, days, `${timeZone} ${iso(now)} ${days}`);
        }
  });

  it("has a column for each day of a month, also of one on whose days the clocks are changed", () => {
    const { from, to } = monthBefore(Date.UTC(2026, 11, 2), "America/New_York");
    const window: Window = { from, to, timeZone: "America/New_York" };
    const tally = new InsightsTally(window);
    const late = Date.UTC(2026, 10, 2, 4, 30);
    for (const openedAt of [late, late + HOUR, to - 1]) tally.add(use({ openedAt }));
    const { columns, columnDays } = tally.sum({ followUps: { open: 0, overdue: 0 } });
    assert.deepEqual({ columnDays, count: columns.length }, { columnDays: 1, count: 30 });
    const used = columns.map(({ ways }) => ways.approved);
    assert.deepEqual([used[0], used[1], used[29]], [1, 1, 1], "the first has 25 hours");
  });

  it("begins with a day that there is, in the policy's time zone", () => {
    assert.equal(iso(dayBegins("2026-10-01", "Asia/Kathmandu") ?? 0), "2026-09-30T18:15:00.000Z");
    assert.equal(dayBegins("2026-02-31", "UTC"), undefined);
  });

  it("is for the monthly post the month before, by the calendar of the policy's time zone", () => {
    const month = monthBefore(Date.UTC(2026, 9, 31, 23, 30), "Europe/Berlin");
    assert.deepEqual(
      { ...month, from: iso(month.from), to: iso(month.to) },
      {
        ...{ name: "2026-10", from: "2026-09-30T22:00:00.000Z", to: "2026-10-31T23:00:00.000Z" },
      },
    );
    assert.equal(monthBefore(Date.UTC(2026, 9, 31, 23, 30), "UTC").name, "2026-09");
    assert.equal(monthBefore(Date.UTC(2027, 0, 1), "UTC").name, "2026-12");
  });
});
