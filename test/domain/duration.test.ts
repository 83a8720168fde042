import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  formatDuration,
  formatLateness,
  wordsOfDuration,
  parseDuration,
  writeDuration,
} from "../../src/domain/duration.ts";
import { CodedError } from "../../src/errors.ts";
import { HARMFUL, NAUGHTY } from "./naughty.ts";

const isRefused = (error: unknown) => error instanceof CodedError && error.code === "DURATION_INVALID";

describe("a duration", () => {
  it("is a number and a unit", () => {
    assert.deepEqual(
      ["1s", "45s", "30m", "2h", "1d", "7d", "604800s"].map(parseDuration),
      [1_000, 45_000, 1_800_000, 7_200_000, 86_400_000, 604_800_000, 604_800_000],
    );
  });

  it("is nothing else, and the refusal shows what would be right", () => {
    const wrong = ["", "15", "m", "0m", "007m", "-1m", "+1m", "1.5h", "1e9h", "15 m", "15min", "15M", "1h30m"];
    for (const text of [...wrong, "604801s", "999999d", "１５m", "١٥m", "²m", "15m\n", "15m;drop"]) {
      assert.throws(
        () => parseDuration(text),
        (error) => isRefused(error) && (error as CodedError).next.includes("45s, 15m, 2h or 1d"),
        text,
      );
    }
  });

  it("is at most a week, and more is called too long, however much more", () => {
    for (const text of ["8d", "604801s", "999999m", `${"9".repeat(20)}m`, `${"9".repeat(400)}d`]) {
      assert.throws(
        () => parseDuration(text),
        (error) => isRefused(error) && (error as CodedError).message.endsWith(" is too long."),
        text,
      );
    }
  });

  it("is in none of the naughty strings, and no refusal repeats what could harm a reader", () => {
    for (const text of NAUGHTY) {
      assert.throws(
        () => parseDuration(text),
        (error) => isRefused(error) && !HARMFUL.test((error as CodedError).message),
        text.slice(0, 40),
      );
    }
  });

  it("is read back as it was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 604_800 }), (seconds) => {
        assert.equal(parseDuration(writeDuration(seconds * 1_000)), seconds * 1_000);
      }),
    );
  });

  it("is told from the beginning of a justification by its look", () => {
    const words = (typed: string) => wordsOfDuration(typed.split(" "));
    const one = ["15m", "15min", "15x", "-1m", "1e9h", "1.5h", "1h30m", "１５m", "2hours", `1${"0".repeat(20)}m`];
    for (const typed of [...one, "15m 30 min outage"]) assert.equal(words(typed), 1, typed);
    for (const typed of ["5 minutes because", "5 m because", "1.5 Hours", "１５ min x"])
      assert.equal(words(typed), 2, typed);
    assert.equal(words("15"), 1);
    const none = [
      "INC-42",
      "m15",
      "",
      "500 errors",
      "2nd",
      "15-minutes",
      "3/4",
      "2026-11-23",
      "4xx",
      "5 milk",
      "five m",
    ];
    for (const typed of none) assert.equal(words(typed), 0, typed);
  });
});

describe("a duration for people", () => {
  it("names each unit that counts", () => {
    assert.deepEqual([0, 400, 45_000, 60_000, 900_000, 5_400_000, 90_061_000, 604_800_000].map(formatDuration), [
      "0 s",
      "0 s",
      "45 s",
      "1 min",
      "15 min",
      "1 h 30 min",
      "1 d 1 h 1 min 1 s",
      "7 d",
    ]);
  });

  it("is lateness to a tenth of a second, up to a minute", () => {
    assert.deepEqual([-5, 0, 340, 59_900, 125_000].map(formatLateness), [
      "0.0 s",
      "0.0 s",
      "0.3 s",
      "59.9 s",
      "2 min 5 s",
    ]);
  });
});
