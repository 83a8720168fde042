import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EMPTY, seal, type Entry } from "../../src/ledger/entry.ts";
import { reindex } from "../../src/ledger/reindex.ts";
import { ACME_POLICY, policyOf } from "../domain/acme-policy.ts";
import { LIVES } from "../domain/lives.ts";
import { ID, opened, recorded, T0, type Happened } from "../domain/given.ts";

const REVIEWED = policyOf(ACME_POLICY.replace("targets:\n", "review: { by: [leads] }\ntargets:\n"));

async function* chainOf(life: readonly Happened[]): AsyncGenerator<Entry> {
  let head = EMPTY;
  for (const event of recorded(life)) {
    await Promise.resolve();
    const entry = seal(event, head, { request: ID, at: event.at, salt: () => "AAAAAAAAAAAAAAAAAAAAAA" });
    head = { seq: entry.seq, hash: entry.hash };
    yield entry;
  }
}

describe("what an emptied Redis is told anew", () => {
  const underReview = [opened({}, { policy: REVIEWED }), ...LIVES.reviewed.slice(1)];

  it("is that a review and its follow-ups wait, until all is done", async () => {
    const opening = LIVES.reviewed.findIndex(({ event }) => event.type === "ReviewOpened");
    for (const length of [opening, opening + 1, underReview.length])
      assert.equal((await reindex(chainOf(underReview.slice(0, length)))).due.length, 1, `after ${length} entries`);
    const done = { type: "FollowUpDone", actor: { via: "clock" }, data: { nth: 2 } } as const;
    const over = await reindex(chainOf([...underReview, { after: 20 * 86_400_000, event: done }]));
    assert.deepEqual(over.due, []);
  });

  it("is nothing of a request that is over", async () => {
    assert.deepEqual((await reindex(chainOf(LIVES["to-its-deadline"]))).due, []);
    assert.deepEqual((await reindex(chainOf(LIVES.denied))).due, []);
    assert.ok(Number((await reindex(chainOf([opened()]))).due[0]?.[0]) > T0);
  });
});
