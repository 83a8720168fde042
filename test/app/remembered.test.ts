import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { createHandle, type Handle } from "../../src/app/handle.ts";
import type { Order } from "../../src/app/order.ts";
import type { Connection } from "../../src/connection.ts";
import { NO_KEYS } from "../../src/domain/keys.ts";
import { CLOCK } from "../../src/domain/people.ts";
import type { RequestState } from "../../src/domain/request.ts";
import { Refusal } from "../../src/errors.ts";
import { Conflict } from "../../src/ledger/append-queue.ts";
import { KEYS } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import type { Past } from "../../src/ledger/person-memory.ts";
import { acme } from "../domain/acme-policy.ts";
import { opened, T0 } from "../domain/given.ts";
import { connectedRedis } from "../support/connected-redis.ts";
import { vouch } from "../support/vouch.ts";
import { plainDirectory } from "./plain-directory.ts";

const ALICE = { via: "slack", account: "U0ALICE" } as const;

/** One of several processes on one Redis. It counts how often a person's requests are read. */
class Process extends Ledger {
  reads = 0;
  readonly handle: Handle;

  constructor(redis: Connection, isAnswering: () => boolean = () => true) {
    super(redis, () => randomBytes(16).toString("base64url"));
    this.handle = createHandle({
      ledger: this,
      policy: () => acme,
      directory: plainDirectory({ S0DBA: ["U0DAVE"], S0CONTRACT: [] }),
      keys: () => Promise.resolve(NO_KEYS),
      credentialWaits: () => Promise.resolve(false),
      linkTo: () => Promise.reject(new Error("nothing here takes a key")),
      isAnswering,
      now: () => T0,
      wake: () => undefined,
      pause: () => Promise.resolve(),
      random: Math.random,
    });
  }

  override async readPast(person: string, since: number): Promise<Past> {
    this.reads += 1;
    return await super.readPast(person, since);
  }

  /** Alice asks. */
  async asks(role: "reader" | "writer", delivery: string) {
    const order: Order = { type: "OpenRequest", target: "orders-db", role, justification: "INC-42 stuck", delivery };
    return await this.handle(ALICE, order);
  }
}

const isDuplicate = (error: unknown) => error instanceof Refusal && error.code === "REQUEST_DUPLICATE";

describe("what a process remembers of a person", () => {
  let stop: () => Promise<void>;
  let redis: Connection;
  let here: Process;
  let elsewhere: Process;

  before(async () => {
    ({ redis, stop } = await connectedRedis());
  });
  after(() => stop());
  beforeEach(async () => {
    await redis.flushall();
    await vouch(redis);
    [here, elsewhere] = [new Process(redis), new Process(redis)];
    // From its first append on a process knows by whose word the chain is whole.
    const { event } = opened({ role: "owner", delivery: "another's" });
    for (const [index, each] of [here, elsewhere].entries())
      await each.record({ id: `BG-00000${index}`, state: undefined, events: [event], at: T0 - 9 * 86_400_000 });
    await here.asks("writer", "first");
    assert.equal(here.reads, 1);
  });

  it("is read once, and decided on from then on", async () => {
    await here.asks("reader", "second");
    assert.equal(here.reads, 1);
    const { states } = await here.ofPerson("alice", T0);
    assert.deepEqual(states.map(({ role }) => role).sort(), ["reader", "writer"]);
  });

  it("keeps nobody from what another process has made possible since: a no is looked at again", async () => {
    const { state } = await elsewhere.asks("writer", "first");
    await elsewhere.handle(ALICE, { type: "Withdraw", id: state.id });
    const again = await here.asks("writer", "second");
    assert.equal(again.events.length, 1);
    assert.equal(here.reads, 2);
  });

  it("P6: lets nobody have what another process has ruled out since: a yes is held against the ledger", async () => {
    await elsewhere.asks("reader", "elsewhere");
    await assert.rejects(here.asks("reader", "second"), isDuplicate);
    assert.equal((await here.ofPerson("alice", T0)).states.length, 2);
  });

  it("is nothing where more is wanted than was read", () => {
    assert.ok(here.recallPast("alice", T0 - 8 * 86_400_000));
    assert.equal(here.recallPast("alice", T0 - 8 * 86_400_000 - 1), undefined);
  });

  it("counts only while each stream is as it is remembered", async () => {
    const remembered = here.recallPast("alice", T0);
    assert.ok(remembered);
    const [known] = remembered.states;
    assert.ok(known);
    await elsewhere.handle(ALICE, { type: "Withdraw", id: known.id });
    const { event } = opened({ role: "reader", delivery: "second" });
    const guard = { person: "alice", requests: remembered.count, held: remembered.held };
    const deciding = here.record({ id: "BG-SECOND", state: undefined, events: [event], at: T0, guard });
    await assert.rejects(deciding, Conflict);
    assert.equal(await here.load("BG-SECOND"), undefined);
  });

  it("is what the ledger says, whatever was recorded of it in this process since", async () => {
    const { state } = await here.asks("reader", "second");
    const { states } = await here.ofPerson("alice", T0);
    await here.handle(ALICE, { type: "Withdraw", id: states.find(({ role }) => role === "writer")?.id ?? "" });
    const { state: active } = await here.record({
      ...{ id: state.id, state: (await here.load(state.id))?.state, at: T0 },
      events: [{ type: "GrantStarted", actor: CLOCK, data: { attempt: 1, deadline: T0 + 60_000 } }],
    });
    assert.equal(active.phase, "granting");
    const standing = (states: readonly RequestState[] = []) =>
      new Map(states.map(({ id, version, phase }) => [id, { version, phase }]));
    const read = standing((await here.ofPerson("alice", T0)).states);
    assert.equal(read.size, 2);
    assert.deepEqual(standing(here.recallPast("alice", T0)?.states), read);
  });

  it("tells a repeated call where its request stands now", async () => {
    const { state } = await elsewhere.asks("writer", "first");
    await elsewhere.handle(ALICE, { type: "Withdraw", id: state.id });
    const { state: told, events } = await here.asks("writer", "first");
    assert.deepEqual([told.id, told.phase, events], [state.id, "withdrawn", []]);
  });

  it("is forgotten when the chain was made whole meanwhile", async () => {
    await redis.set(KEYS.whole, "vouched for once more");
    await here.asks("reader", "second");
    assert.equal(here.reads, 2);
  });

  it("is not decided on while it isn't known that Redis answers", async () => {
    let isAnswering = true;
    const other = new Process(redis, () => isAnswering);
    await other.asks("reader", "warm");
    await other.readPast("alice", T0 - 9 * 86_400_000);
    const readsOf = async (delivery: string): Promise<number> => {
      const { states } = await other.ofPerson("alice", T0);
      const id = states.find(({ role, phase }) => role === "writer" && phase === "waiting")?.id ?? "";
      await other.handle(ALICE, { type: "Withdraw", id });
      const before = other.reads;
      assert.equal((await other.asks("writer", delivery)).events.length, 1);
      return other.reads - before;
    };
    assert.equal(await readsOf("second"), 0);
    isAnswering = false;
    assert.equal(await readsOf("third"), 1);
  });

  it("is no more than can be held against the ledger at once", async () => {
    const { event } = opened({ role: "owner", delivery: "old" });
    for (let nth = 10; nth < 26; nth += 1)
      await here.record({ id: `BG-0000${nth}`, state: undefined, events: [event], at: T0 });
    assert.equal(here.recallPast("alice", T0), undefined);
    await here.asks("reader", "second");
    assert.equal(here.recallPast("alice", T0), undefined);
  });
});
