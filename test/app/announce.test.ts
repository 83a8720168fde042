import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { Announce } from "../../src/app/announce.ts";
import { Teller } from "../../src/app/teller.ts";
import { Told } from "../../src/app/told.ts";
import { HASH_TAG, type Connection } from "../../src/connection.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { KEYS, PROGRAM } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { connectedRedis } from "../support/connected-redis.ts";
import { PlainChat } from "../support/plain-chat.ts";
import { plainRecord } from "../support/plain-record.ts";
import { ask, ID, Scene, T0 } from "../support/scene.ts";
import { vouch } from "../support/vouch.ts";

const DAY = 86_400_000;

describe("P8: what Redis forgot of what was told", () => {
  let stop: () => Promise<void>;
  let redis: Connection;
  let ledger: Ledger;
  let chat: PlainChat;
  let announce: Announce;
  let now = T0;

  before(async () => {
    ({ redis, stop } = await connectedRedis());
  });
  after(() => stop());
  beforeEach(async () => {
    await redis.flushall();
    await vouch(redis);
    ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
    chat = new PlainChat();
    now = T0;
    announce = announcing(new Told(redis, "slack"), () => Promise.resolve());
  });

  function announcing(told: Told, turn: () => Promise<void>): Announce {
    const incidents = () => "C0INCIDENTS";
    return new Announce({
      ...{ ledger, told, finds: chat.finds, takesFiles: true, log: silent },
      platform: "slack",
      spoken: [{ platform: "slack", reaches: () => true }],
      teller: new Teller({
        ...{ told, messenger: chat, incidents, recordOf: plainRecord, turn, log: silent },
        insightsOf: () => Promise.resolve({ text: ["Insights."] }),
      }),
      channels: () => ({
        thread: "C0INCIDENTS",
        approvals: "C0APPROVALS",
        security: "C0SECURITY",
        insights: "C0LEADS",
      }),
      now: () => now,
      token: () => randomBytes(8).toString("hex"),
    });
  }

  async function opened(): Promise<string> {
    await ledger.record({ id: ID, state: undefined, events: new Scene().when(ask()), at: T0 });
    return ID;
  }

  it("a request that was told before a recovery is not told again, and what is new is told without a look", async () => {
    await opened();
    await announce.tell(ID);
    const told = chat.keysOf(ID);
    await redis.del(`{breakglass}:told:${ID}`);
    await redis.set(KEYS.recovered, "2");
    await announce.tell(ID);
    assert.deepEqual(chat.keysOf(ID), told);
    const looked = chat.looked;
    const state = (await ledger.load(ID))?.state;
    await ledger.recordOwn(() => [{ type: "LedgerForked", actor: CLOCK, data: { seq: 9 } }], T0);
    await ledger.record({ id: ID, state, events: [{ type: "RequestLapsed", actor: CLOCK, data: {} }], at: T0 });
    await announce.tell(ID);
    assert.deepEqual(chat.keysOf(ID).toSorted(), [...told, "line.3", "notice.3"].toSorted());
    assert.equal(chat.looked, looked);
  });

  it("nothing is said while no worker vouches for Redis", async () => {
    await opened();
    await redis.del(KEYS.whole);
    assert.equal(await announce.tell(ID), 1_000);
    assert.deepEqual(chat.keysOf(ID), []);
  });

  it("what is remembered at one moment is one write for each request, and of one post the last word counts", async () => {
    const told = new Told(redis, "slack");
    const intention = { shows: "a" };
    const stands = { shows: "a", posted: { channel: "C0", message: "1" } };
    await redis.config("RESETSTAT");
    await told.exclusively(ID, "one", async () => {
      await told.exclusively("BG-7K3M2R", "two", async () => {
        const written = await Promise.all([
          told.remember(ID, new Map([["card", intention]]), ["root"]),
          told.remember("BG-7K3M2R", new Map([["card", intention]])),
          told.remember(ID, new Map([["root", stands]])),
          told.remember(ID, new Map(), ["card"]),
        ]);
        assert.deepEqual(written, [true, true, true, true]);
      });
    });
    const calls = /cmdstat_pexpire:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1];
    assert.equal(calls, "2");
    assert.deepEqual((await told.read(ID)).posts, new Map([["root", stands]]));
    assert.deepEqual((await told.read("BG-7K3M2R")).posts, new Map([["card", intention]]));
  });

  it("of what is over since longer than anything is remembered only news is told, and what that hangs under", async () => {
    await opened();
    const lapsed = async (at: number) => {
      const state = (await ledger.load(ID))?.state;
      await ledger.record({ id: ID, state, events: [{ type: "RequestLapsed", actor: CLOCK, data: {} }], at });
    };
    await lapsed(T0);
    now = T0 + 91 * DAY;
    await lapsed(now);
    await announce.tell(ID);
    assert.deepEqual(chat.keysOf(ID).toSorted(), ["line.3", "notice.3", "root"]);
    await lapsed(now);
    await announce.tell(ID);
    assert.deepEqual(chat.keysOf(ID).toSorted(), ["line.3", "line.4", "notice.3", "notice.4", "root"]);
  });

  it("what a month came to is told for a week, and what else happened to the program for a day", async () => {
    const data = { month: "2026-10", from: T0 - 30 * DAY, to: T0, timeZone: "UTC", requests: 1, uses: 1 };
    await ledger.recordOwn(
      () => [
        { type: "InsightsReported", actor: CLOCK, data },
        { type: "LedgerForked", actor: CLOCK, data: { seq: 9 } },
      ],
      T0,
    );
    now = T0 + 8 * DAY;
    await announce.tell(PROGRAM);
    assert.equal(chat.said.length, 0);
    now = T0 + 6 * DAY;
    await announce.tell(PROGRAM);
    assert.deepEqual(
      chat.keysOf(PROGRAM).map((key) => key.split(".")[0]),
      ["insights", "insights-pictures"],
    );
  });

  it("what happened to the program is not told again by the recovery after the next", async () => {
    await ledger.recordOwn(() => [{ type: "LedgerForked", actor: CLOCK, data: { seq: 9 } }], T0);
    await announce.tell(PROGRAM);
    assert.equal(chat.said.length, 1);
    await redis.del(`{breakglass}:told:${PROGRAM}`);
    await redis.set(KEYS.recovered, "2");
    await announce.tell(PROGRAM);
    assert.equal(chat.said.length, 1);
  });

  it("one process at a time speaks of a request, and the others when it has ended", async () => {
    const [one, other] = [new Told(redis, "slack"), new Told(redis, "slack")];
    await one.exclusively(ID, "one", async () => {
      assert.ok(await one.maySpeakOf(ID));
      assert.equal(await other.exclusively(ID, "other", () => Promise.resolve()), false);
    });
    assert.ok(!(await one.maySpeakOf(ID)));
    assert.ok(await other.exclusively(ID, "other", () => Promise.resolve()));
  });

  it("a process that has a request takes it no second time, though Redis has forgotten that it has it", async () => {
    const one = new Told(redis, "slack");
    await one.exclusively(ID, "one", async () => {
      await redis.del(`${HASH_TAG}:telling:${ID}`);
      assert.equal(await one.exclusively(ID, "two", () => Promise.resolve()), false);
    });
    assert.ok(await one.exclusively(ID, "two", () => Promise.resolve()));
  });

  it("nothing more is said of a request when Redis has forgotten who speaks of it, or says another", async () => {
    await opened();
    for (const gone of [
      () => redis.del(`${HASH_TAG}:telling:${ID}`),
      () => redis.set(`${HASH_TAG}:telling:${ID}`, "another"),
    ])
      await saysNoMoreAfter(gone);
  });

  it("who was held up while another took over leaves what the other told as it is: nothing is told twice", async () => {
    await opened();
    const other = announcing(new Told(redis, "slack"), () => Promise.resolve());
    let elapsed = 0;
    let isHeldUp = true;
    announce = announcing(new Told(redis, "slack", () => elapsed), async () => {
      if (!isHeldUp) return;
      isHeldUp = false;
      elapsed = 20_000;
      await redis.del(`${HASH_TAG}:telling:${ID}`);
      assert.equal(await other.tell(ID), undefined);
    });
    assert.notEqual(await announce.tell(ID), undefined, "it is not its to speak of any more");
    const said = chat.keysOf(ID);
    assert.ok(said.includes("root") && said.includes("card"));
    assert.equal(await announce.tell(ID), undefined);
    assert.deepEqual(chat.keysOf(ID), said);
    assert.deepEqual(said, [...new Set(said)]);
  });

  /** @param lose - what happens a while after the first message */
  async function saysNoMoreAfter(lose: () => Promise<unknown>): Promise<void> {
    chat.said.length = 0;
    await redis.del(`${HASH_TAG}:told:${ID}`);
    let elapsed = 0;
    const told = new Told(redis, "slack", () => elapsed);
    announce = announcing(told, async () => {
      if (chat.said.length === 0 || elapsed > 0) return;
      elapsed = 1_001;
      await lose();
    });
    assert.notEqual(await announce.tell(ID), undefined);
    // What a lane begins with may have been under way; the thread's first line would have come next.
    assert.deepEqual(
      chat.keysOf(ID).filter((key) => !["card", "root"].includes(key)),
      [],
    );
  }
});
