import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { Cluster } from "ioredis";
import { HASH_TAG, type Connection } from "../../src/connection.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { Conflict } from "../../src/ledger/append-queue.ts";
import { CodedError } from "../../src/errors.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { verify } from "../../src/ledger/verify.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { ask, by, Scene, T0 } from "../support/scene.ts";
import { vouch } from "../support/vouch.ts";

const salt = () => randomBytes(16).toString("base64url");
const opening = (): NewEvent[] => new Scene().when(ask());
const approval: NewEvent = { type: "ApprovalGiven", actor: by("carol"), data: { votes: 1, quorum: 1 } };

/**
 * What appending promises, on any kind of Redis.
 *
 * @param name - what kind
 * @param url - of one that runs when the tests do; it is emptied
 */
export function appendContract(name: string, url: () => string): void {
  describe(`appending, on ${name}`, () => {
    let redis: Connection;
    const servers = () => (redis instanceof Cluster ? redis.nodes("master") : [redis]);
    let ledger: Ledger;

    before(() => {
      redis = connectRedis(url(), { role: "commands", log: silent });
    });
    after(() => {
      redis.disconnect();
    });
    beforeEach(async () => {
      await redis.exists(HASH_TAG);
      await Promise.all(servers().map((server) => server.flushall()));
      await vouch(redis);
      ledger = new Ledger(redis, salt);
    });

    it("keeps one gap-free chain under two processes' storm", async () => {
      const ledgers = [ledger, new Ledger(redis, salt)];
      const ids = Array.from({ length: 30 }, (_, index) => `BG-${String(index).padStart(6, "0")}`);
      await Promise.all(
        ids.map(async (id, index) => {
          await ledgers[index % 2]?.record({ id, state: undefined, events: opening(), at: T0 });
        }),
      );
      const lines = await ledger.range(1, 1_000);
      const found = await verify(lines);
      assert.equal(found.broken, undefined);
      assert.equal(found.head.seq, 30);
      assert.deepEqual(await ledger.head(), found.head);
    });

    it("P6: two decisions on one version: one is recorded, the other hears of the conflict, and nothing of it is written", async () => {
      const { state } = await ledger.record({ id: "BG-000000", state: undefined, events: opening(), at: T0 });
      const other = new Ledger(redis, salt);
      const results = await Promise.allSettled(
        [ledger, other].map((each) => each.record({ id: state.id, state, events: [approval], at: T0 })),
      );
      const refused = results.filter((result) => result.status === "rejected");
      assert.equal(refused.length, 1);
      assert.ok(refused[0]?.reason instanceof Conflict);
      assert.equal((await ledger.entriesOf(state.id)).length, 2);
      assert.equal((await verify(await ledger.range(1, 10))).head.seq, 2);
    });

    it("P6: decisions that are too late, among others that are sent with them, take nobody else down", async () => {
      const ledgers = [ledger, new Ledger(redis, salt)];
      const ids = Array.from({ length: 60 }, (_, index) => `BG-${String(index).padStart(6, "0")}`);
      const opened = await Promise.all(
        ids.map((id) => ledger.record({ id, state: undefined, events: opening(), at: T0 })),
      );
      /** Each of two processes approves each request: of the two one is recorded. */
      const results = await Promise.allSettled(
        ledgers.flatMap((each) =>
          opened.map(async ({ state }, index) => {
            // In several moments, so that batches overlap.
            for (let turn = 0; turn < index % 5; turn++) await each.head();
            return await each.record({ id: state.id, state, events: [approval], at: T0 });
          }),
        ),
      );
      const refused = results.filter((result) => result.status === "rejected");
      assert.equal(refused.length, ids.length);
      for (const { reason } of refused) assert.ok(reason instanceof Conflict);
      for (const id of ids) assert.equal((await ledger.entriesOf(id)).length, 2);
      const found = await verify(await ledger.range(1, 1_000));
      assert.equal(found.broken, undefined);
      assert.equal(found.head.seq, 2 * ids.length);
      assert.deepEqual(await ledger.head(), found.head);
    });

    it("an entry that can't be sealed is refused alone", async () => {
      const broken: NewEvent = { type: "ApprovalGiven", actor: by("\ud800"), data: { votes: 1, quorum: 1 } };
      const { state } = await ledger.record({ id: "BG-000000", state: undefined, events: opening(), at: T0 });
      const [bad, good] = await Promise.allSettled([
        ledger.record({ id: state.id, state, events: [broken], at: T0 }),
        ledger.record({ id: "BG-000001", state: undefined, events: opening(), at: T0 }),
      ]);
      assert.ok(bad.status === "rejected" && bad.reason instanceof CodedError && bad.reason.code === "ENTRY_INVALID");
      assert.equal(good.status, "fulfilled");
      assert.equal((await verify(await ledger.range(1, 10))).head.seq, 2);
    });

    it("refuses a decision that rested on how many requests the person had", async () => {
      const guard = { person: "alice", requests: 0 };
      await ledger.record({ id: "BG-000001", state: undefined, events: opening(), at: T0, guard });
      await assert.rejects(
        ledger.record({ id: "BG-000002", state: undefined, events: opening(), at: T0, guard }),
        Conflict,
      );
      assert.equal(await ledger.load("BG-000002"), undefined);
    });

    it("goes on after Redis forgot its scripts", async () => {
      await ledger.record({ id: "BG-000001", state: undefined, events: opening(), at: T0 });
      await Promise.all(servers().map((server) => server.script("FLUSH")));
      await ledger.record({ id: "BG-000002", state: undefined, events: opening(), at: T0 });
      assert.equal((await ledger.head()).seq, 2);
    });

    it("keeps the index of what is due, and of what is untold", async () => {
      const { state, events } = await ledger.record({ id: "BG-000001", state: undefined, events: opening(), at: T0 });
      assert.deepEqual(await ledger.open(), [state.id]);
      assert.deepEqual(await ledger.due(-Infinity, T0 + 30 * 60_000, 10), [state.id]);
      assert.deepEqual(await ledger.due(-Infinity, T0, 10), []);
      assert.deepEqual(await ledger.untold(10), [state.id]);
      const withdrawn: NewEvent = { type: "RequestWithdrawn", actor: by("alice"), data: {} };
      const after = await ledger.record({ id: state.id, state, events: [withdrawn], at: T0 });
      assert.deepEqual(await ledger.open(), []);
      assert.equal(await ledger.markTold(state.id, events.at(-1)?.seq ?? 0), false, "there is more to tell by now");
      assert.equal(await ledger.markTold(state.id, after.events.at(-1)?.seq ?? 0), true);
      assert.deepEqual(await ledger.untold(10), []);
    });
  });
}
