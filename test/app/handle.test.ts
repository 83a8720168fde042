import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Connection } from "../../src/connection.ts";
import type { AccountStanding, Directory } from "../../src/app/directory.ts";
import { createHandle, type Handle } from "../../src/app/handle.ts";
import type { Order } from "../../src/app/order.ts";
import { NO_KEYS } from "../../src/domain/keys.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { requestId } from "../../src/domain/request-id.ts";
import { CodedError, Refusal, type Code } from "../../src/errors.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { acme } from "../domain/acme-policy.ts";
import { ask, opened, T0 } from "../domain/given.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { vouch } from "../support/vouch.ts";
import { until } from "../support/until.ts";
import { plainDirectory } from "./plain-directory.ts";

const slack = (person: string) => ({ via: "slack", account: `U0${person.toUpperCase()}` }) as const;
const refused = (code: Code) => (error: unknown) => error instanceof Refusal && error.code === code;

function order(changed: Partial<Extract<Order, { type: "OpenRequest" }>> = {}): Order {
  const { type, target, role, justification } = ask();
  return { type, target, role, justification, delivery: "T0.trigger-1", ...changed };
}

describe("the door for people, on a real Redis", () => {
  let server: TestRedis;
  let redis: Connection;
  let ledger: Ledger;
  let woken: string[];

  before(async () => {
    server = await startTestRedis();
    redis = connectRedis(server.url, { role: "commands", log: silent });
  });
  after(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await redis.flushall();
    await vouch(redis);
    ledger = newLedger();
    woken = [];
  });

  const newLedger = () => new Ledger(redis, () => randomBytes(16).toString("base64url"));
  const door = (options: { directory?: Directory; ledger?: Ledger; now?: () => number } = {}): Handle =>
    createHandle({
      ledger: options.ledger ?? ledger,
      policy: () => acme,
      directory: options.directory ?? plainDirectory({ S0DBA: ["U0DAVE"], S0CONTRACT: [] }),
      keys: () => Promise.resolve(NO_KEYS),
      credentialWaits: () => Promise.resolve(false),
      linkTo: () => Promise.reject(new Error("nothing here takes a key")),
      now: options.now ?? (() => T0),
      wake: (state) => woken.push(state.id),
      pause: () => Promise.resolve(),
      random: Math.random,
    });

  it("records what was asked, and then puts it on the queues", async () => {
    const { state, events, actor } = await door()(slack("alice"), order());
    assert.deepEqual(actor, { person: "alice", via: "slack", account: "U0ALICE" });
    assert.deepEqual(
      events.map(({ type }) => type),
      ["RequestOpened"],
    );
    assert.equal(JSON.stringify((await ledger.load(state.id))?.state), JSON.stringify(state));
    assert.deepEqual(woken, [state.id]);
  });

  it("P6: the same delivery again, at once or later, is the same request", async () => {
    const handle = door();
    const first = await Promise.all([1, 2, 3].map(async () => await handle(slack("alice"), order())));
    const later = await door({ ledger: newLedger(), now: () => T0 + 3_600_000 })(slack("alice"), order());
    assert.deepEqual(new Set([...first, later].map(({ state }) => state.id)), new Set([later.state.id]));
    assert.deepEqual(
      first.map(({ events }) => events.length).sort((a, b) => a - b),
      [0, 0, 1],
    );
    assert.deepEqual(later.events, []);
    assert.equal((await ledger.head()).seq, 1);
  });

  it("another delivery is another request", async () => {
    const handle = door();
    const one = await handle(slack("alice"), order());
    const other = await handle(slack("bob"), order({ delivery: "T0.trigger-2" }));
    assert.notEqual(one.state.id, other.state.id);
  });

  it("takes the next id when another request has the one that follows from the delivery", async () => {
    const hash = createHash("sha256").update("T0.trigger-1").digest("hex").slice(0, 32);
    const taken = requestId(createHash("sha256").update(`${hash} 0`).digest());
    const { event } = opened({ by: { ...ask().by, person: "bob" }, role: "owner", delivery: "another" });
    await ledger.record({ id: taken, state: undefined, events: [event], at: T0 });
    const { state, events } = await door()(slack("alice"), order());
    assert.notEqual(state.id, taken);
    assert.equal(events.length, 1);
    const again = await door()(slack("alice"), order());
    assert.equal(again.state.id, state.id);
  });

  it("P6: of two who approve at once one counts, and the other is told so", async () => {
    const { state } = await door()(slack("alice"), order());
    const votes = await Promise.allSettled(
      ["bob", "carol", "dave"].map(async (person) =>
        door({ ledger: newLedger() })(slack(person), { type: "Approve", id: state.id }),
      ),
    );
    assert.equal(votes.filter(({ status }) => status === "fulfilled").length, 1);
    for (const vote of votes)
      if (vote.status === "rejected") assert.ok(refused("ALREADY_DECIDED")(vote.reason), String(vote.reason));
    assert.equal((await ledger.load(state.id))?.state.approvals.length, 1);
  });

  it("does not let two quick requests slip past each other: a budget and a duplicate are seen", async () => {
    const ask3 = ["a", "b", "c"].map(async (delivery) =>
      door({ ledger: newLedger() })(slack("alice"), order({ role: "reader", delivery })),
    );
    const results = await Promise.allSettled(ask3);
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    for (const each of results) if (each.status === "rejected") assert.ok(refused("REQUEST_DUPLICATE")(each.reason));
  });

  it("P10: asks the platform about the account before anything is decided", async () => {
    const { state } = await door()(slack("alice"), order());
    const standings: Record<string, AccountStanding> = {
      U0CAROL: { kind: "refused", why: "it is deactivated" },
      U0BOB: { kind: "unknown" },
    };
    const handle = door({ directory: plainDirectory({ S0DBA: [] }, standings) });
    const cases: [string, Code][] = [
      ["carol", "ACCOUNT_REFUSED"],
      ["bob", "ACCOUNT_UNVERIFIED"],
      ["stranger", "PERSON_UNKNOWN"],
    ];
    for (const [person, code] of cases) {
      await assert.rejects(handle(slack(person), { type: "Approve", id: state.id }), refused(code));
      await assert.rejects(handle(slack(person), order({ delivery: person })), refused(code));
    }
    assert.equal((await ledger.head()).seq, 1);
    assert.deepEqual(woken, [state.id]);
  });

  it("P10: an approver counts who is in the group at the moment of the click", async () => {
    const { state } = await door()(slack("alice"), order());
    const approve = { type: "Approve", id: state.id } as const;
    await assert.rejects(door({ directory: plainDirectory() })(slack("dave"), approve), refused("NOT_APPROVER"));
    assert.equal((await door()(slack("dave"), approve)).state.phase, "approved");
  });

  it("lets someone on the server revoke, and ask for nothing", async () => {
    await assert.rejects(door()({ via: "cli", account: "deploy" }, order()), refused("PERSON_UNKNOWN"));
    const { state } = await door()(slack("alice"), order());
    await door()(slack("carol"), { type: "Approve", id: state.id });
    const revoked = await door()(
      { via: "cli", account: "deploy" },
      { type: "RevokeNow", id: state.id, reason: "wrong database" },
    );
    assert.deepEqual([revoked.state.phase, revoked.state.ending?.reason], ["ending", "wrong database"]);
  });

  it("refuses what there is not, with nothing written", async () => {
    await assert.rejects(door()(slack("alice"), { type: "Withdraw", id: "BG-000000" }), refused("REQUEST_UNKNOWN"));
    for (const target of ["constructor", "__proto__", "mars"]) {
      await assert.rejects(door()(slack("alice"), order({ target })), refused("TARGET_UNKNOWN"), target);
    }
    assert.equal((await ledger.head()).seq, 0);
    assert.deepEqual(woken, []);
  });

  it("takes what is recorded of the program itself or of people's keys for no request", async () => {
    await ledger.recordOwn(() => [{ type: "HeartbeatRecorded", actor: CLOCK, data: {} }], T0);
    const invited = { change: "KEY-00000A", person: "alice" };
    await ledger.recordIn("keys", 0, [{ type: "KeyInvited", actor: CLOCK, data: invited }], T0);
    for (const id of ["program", "keys"])
      await assert.rejects(door()(slack("alice"), { type: "Withdraw", id }), refused("REQUEST_UNKNOWN"), id);
  });

  it("gives up after a dozen tries, with nothing written", async () => {
    const { state } = await door()(slack("alice"), order());
    let loads = 0;
    // Somebody else is always quicker: what is loaded is never what the append finds.
    const losing = new Proxy(ledger, {
      get: (target, name) => {
        if (name !== "load") return (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target);
        return async (id: string) => {
          loads += 1;
          const loaded = await target.load(id);
          return loaded && { ...loaded, state: { ...loaded.state, version: loaded.state.version - 1 } };
        };
      },
    });
    const call = door({ ledger: losing })(slack("carol"), { type: "Approve", id: state.id });
    await assert.rejects(call, (error) => error instanceof CodedError && error.code === "LEDGER_CONFLICT");
    assert.ok(loads >= 10, `${loads} tries`);
    assert.equal((await ledger.head()).seq, 1);
  });

  it("P5: without the ledger it says so, and wakes nobody", async () => {
    await server.kill();
    await assert.rejects(
      door()(slack("alice"), order()),
      (error) => error instanceof CodedError && error.code === "LEDGER_UNAVAILABLE",
    );
    assert.deepEqual(woken, []);
    await server.restart();
    await until(() => redis.ping().catch(() => undefined), "Redis");
  });
});
