import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { onCallAt, parseSchedule, type Schedule } from "../../../src/domain/on-call/schedule.ts";
import { instantOf, parseWall, wallOf } from "../../../src/domain/on-call/zone-time.ts";

function scheduleOf(text: string): Schedule {
  const read = parseSchedule(text);
  assert.ok("schedule" in read, JSON.stringify(read));
  return read.schedule;
}

const who = (schedule: Schedule, at: string) => onCallAt(schedule, Date.parse(at)).join(" ");
const weekly = (zone: string, start: string, days = 7) =>
  scheduleOf(`timeZone: ${zone}\nrotations: [{ people: [alice, bob, carol], start: ${start}, days: ${days} }]`);

describe("a schedule file", () => {
  it("hands over at the same hour by the clocks, also across the nights on which they change", () => {
    // Berlin: +1 in winter, +2 from 29 March to 25 October 2026, both Sundays at 01:00 UTC.
    const berlin = weekly("Europe/Berlin", "2026-03-23 09:00");
    assert.equal(who(berlin, "2026-03-23T07:59:59Z"), "", "before the first turn nobody is");
    assert.equal(who(berlin, "2026-03-23T08:00:00Z"), "alice");
    assert.equal(who(berlin, "2026-03-30T06:59:59Z"), "alice");
    assert.equal(who(berlin, "2026-03-30T07:00:00Z"), "bob", "9 o'clock is an hour earlier by UTC in summer");
    assert.equal(who(berlin, "2026-10-26T07:59:59Z"), "alice");
    assert.equal(who(berlin, "2026-10-26T08:00:00Z"), "bob", "and an hour later again in winter");
  });

  it("hands over once where the hour comes twice or never, and never back", () => {
    const twice = weekly("Europe/Berlin", "2026-10-24 02:30", 1);
    assert.equal(who(twice, "2026-10-25T00:29:59Z"), "alice");
    assert.equal(who(twice, "2026-10-25T00:30:00Z"), "bob", "at the first 02:30");
    assert.equal(who(twice, "2026-10-25T01:10:00Z"), "bob", "and not back at 02:10 that comes again");
    assert.equal(who(twice, "2026-10-25T01:30:00Z"), "bob");
    const never = weekly("Europe/Berlin", "2026-03-28 02:30", 1);
    assert.equal(who(never, "2026-03-29T00:59:59Z"), "alice");
    assert.equal(who(never, "2026-03-29T01:00:00Z"), "bob", "when the clocks leave 02:30 out");
    // Half an hour, on the other side of the world, and a zone that changes at midnight.
    assert.equal(who(weekly("Australia/Lord_Howe", "2026-04-04 01:45", 1), "2026-04-04T14:45:00Z"), "bob");
    assert.equal(who(weekly("America/Havana", "2026-03-07 00:00", 1), "2026-03-08T05:00:00Z"), "bob");
  });

  it("finds each moment of a year again that its own clocks name", () => {
    for (const zone of ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]) {
      for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 5 * 3_600_000 + 900_000) {
        const back = instantOf(wallOf(at, zone), zone);
        assert.ok(back === at || (back < at && wallOf(back, zone) === wallOf(at, zone)), `${zone} ${at}`);
      }
    }
  });

  it("lets a shift stand in for all rotations while it lasts", () => {
    const schedule = scheduleOf(`
timeZone: America/New_York
rotations:
  - { people: [alice], start: 2026-01-05 09:00 }
  - { people: [bob, carol], start: 2026-01-05 09:00, days: 1 }
shifts:
  - { person: dave, from: 2026-12-24 18:00, to: 2026-12-26 09:00 }
  - { person: erin, from: 2026-12-25 00:00, to: 2026-12-25 12:00 }
`);
    assert.equal(who(schedule, "2026-12-24T22:59:59Z"), "alice carol");
    assert.equal(who(schedule, "2026-12-24T23:00:00Z"), "dave");
    assert.equal(who(schedule, "2026-12-25T12:00:00Z"), "dave erin");
    assert.equal(who(schedule, "2026-12-26T14:00:00Z"), "alice carol", "an end is no longer part of it");
  });

  it("says what is wrong with it, and where", () => {
    const problem = (text: string) => {
      const read = parseSchedule(text);
      return "problem" in read ? read.problem : "";
    };
    const rest = "rotations: [{ people: [alice], start: 2026-01-05 09:00 }]";
    assert.match(problem(`timeZone: Mars/Olympus\n${rest}`), /^timeZone: A time zone is a name such as/);
    assert.match(problem(`timeZone: UTC\n${rest}\nshifts: *none`), /alias/);
    assert.match(problem("timeZone: [UTC"), /./);
    assert.match(problem("timeZone: UTC"), /Nobody is ever on call/);
    assert.match(
      problem("timeZone: UTC\nrotations: [{ people: [a], start: 2026-02-30 09:00 }]"),
      /^rotations\.0\.start: .*2026-03-29/,
    );
    assert.match(problem(`timeZone: UTC\n${rest}\nshift: []`), /^shift: .*Did you mean shifts/);
    assert.match(
      problem("timeZone: UTC\nshifts: [{ person: a, from: 2026-01-05 09:00, to: 2026-01-05 09:00 }]"),
      /^shifts\.0: A shift ends after/,
    );
    assert.equal(parseWall("2026-1-5 9:00"), undefined);
  });
});
