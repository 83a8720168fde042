import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { recordLine } from "../../src/app/record-line.ts";
import { opened, stateOf, type Happened } from "../domain/given.ts";
import { LIVES, WITH_EVERY_TROUBLE } from "../domain/lives.ts";

describe("a requester's recent history", () => {
  const line = (before: number, life: readonly Happened[] = LIVES["to-its-deadline"]) =>
    recordLine(before, stateOf(...life));

  it("counts the requests of a week", () => {
    assert.equal(recordLine(0, undefined), "First request this week.");
    const counts = [1, 2, 3, 10, 11, 12, 20, 21, 110].map((before) => line(before).split(" ")[0]);
    assert.deepEqual(counts, ["2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "111th"]);
  });

  it("says what became of the last one", () => {
    const fates: [readonly Happened[], string][] = [
      [LIVES["to-its-deadline"], "ran to its deadline"],
      [LIVES["ended-early"], "was ended early"],
      [WITH_EVERY_TROUBLE, "was an emergency and was revoked"],
      [LIVES.failed, "could not be given"],
      [LIVES.denied, "was denied"],
      [LIVES.withdrawn, "was withdrawn"],
      [LIVES.lapsed, "lapsed"],
      [[opened()], "is still open"],
    ];
    for (const [life, fate] of fates) assert.ok(line(1, life).endsWith(`) ${fate}.`), line(1, life));
    assert.equal(line(1), "2nd request this week; the last one (BG-7K3M2Q, writer on orders-db) ran to its deadline.");
  });
});
