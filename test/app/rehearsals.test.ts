import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { CheckMemory } from "../../src/app/check-memory.ts";
import { DrillKeeper, lastDrill } from "../../src/app/drill-keeper.ts";
import { createHandle, type Handle } from "../../src/app/handle.ts";
import { TargetChecks } from "../../src/app/target-checks.ts";
import { Targets } from "../../src/app/targets.ts";
import { Turns } from "../../src/app/turns.ts";
import type { Connection } from "../../src/connection.ts";
import { NO_KEYS } from "../../src/domain/keys.ts";
import type { Policy } from "../../src/domain/policy/schema.ts";
import { CodedError } from "../../src/errors.ts";
import { REHEARSALS } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { rehearsed } from "../domain/drill-policy.ts";
import { MINUTE, T0 } from "../domain/given.ts";
import { connectedRedis } from "../support/connected-redis.ts";
import { ScriptedProvider } from "../support/scripted-provider.ts";
import { vouch } from "../support/vouch.ts";
import { plainDirectory } from "./plain-directory.ts";

const DAY = 86_400_000;
const [WRITER, OWNER] = rehearsed.drills;

describe("what a worker does while nothing is wrong, on a real Redis", () => {
  let stop: () => Promise<void>;
  let redis: Connection;
  let now: number;

  before(async () => {
    ({ redis, stop } = await connectedRedis());
  });
  after(() => stop());
  beforeEach(async () => {
    await redis.flushall();
    await vouch(redis);
    now = T0;
  });

  const ledgerOf = () => new Ledger(redis, () => randomBytes(16).toString("base64url"));
  const door = (policy: Policy): Handle =>
    createHandle({
      ledger: ledgerOf(),
      policy: () => policy,
      directory: plainDirectory({ S0DBA: ["U0DAVE"], S0CONTRACT: [] }),
      keys: () => Promise.resolve(NO_KEYS),
      credentialWaits: () => Promise.resolve(false),
      linkTo: () => Promise.reject(new Error("nothing here takes a key")),
      now: () => now,
      wake: () => undefined,
      pause: () => Promise.resolve(),
      random: Math.random,
    });
  /** A worker's, as after a start. */
  const keeper = (policy: Policy, handle = door(policy)) =>
    new DrillKeeper({
      ...{ ledger: ledgerOf(), policy: () => policy, handle, now: () => now, log: silent },
      announce: () => undefined,
    });
  const only = (rule: typeof WRITER): Policy => ({ ...rehearsed, drills: rule === undefined ? [] : [rule] });
  const told = async () => (await ledgerOf().entriesOf(REHEARSALS)).map(({ type }) => type);
  const opened = async () => (await ledgerOf().ofPerson("fire-drill", 0)).states;
  const deny = async (policy: Policy, id: string) =>
    await door(policy)({ via: "slack", account: "U0CAROL" }, { type: "Deny", id, reason: "enough" });

  it("two workers make one drill between them, when its time has come and not before, also after a restart", async () => {
    const policy = only(OWNER);
    const two = [keeper(policy), keeper(policy)];
    const look = async (keepers = two) => {
      for (let times = 0; times < 2; times++) {
        await Promise.all(keepers.map((each) => each.look()));
        now += 5_000;
      }
    };
    await look();
    assert.deepEqual(await told(), ["DrillPlanned"]);
    const [first, ...others] = await opened();
    assert.ok(first);
    assert.deepEqual(others, []);
    assert.deepEqual([first.drill?.by, first.drill?.dueAt, first.opener.via], ["schedule", T0, "clock"]);
    await look([keeper(policy)]);
    await deny(policy, first.id);
    now = first.openedAt + 7 * DAY - MINUTE;
    await look([...two, keeper(policy)]);
    assert.equal((await opened()).length, 1);
    now = first.openedAt + 7 * DAY;
    await look([...two, keeper(policy)]);
    const [, second, ...more] = await opened();
    assert.equal(second?.drill?.dueAt, first.openedAt + 7 * DAY);
    assert.deepEqual(more, []);
    assert.deepEqual(await told(), ["DrillPlanned"]);
  });

  it("announces a drill a day ahead, once, and begins it then", async () => {
    const policy = only(WRITER);
    for (let times = 0; times < 4; times++) {
      await keeper(policy).look();
      now += MINUTE;
    }
    assert.deepEqual(await told(), ["DrillPlanned", "DrillAnnounced"]);
    assert.deepEqual(await opened(), []);
    now = T0 + DAY;
    await Promise.all([keeper(policy).look(), keeper(policy).look()]);
    assert.equal((await opened()).length, 1);
  });

  it("pages once for a drill that did not run, with the reason if there is one, and runs it as soon as it can", async () => {
    const policy = only(OWNER);
    const broken: Handle = () =>
      Promise.reject(new CodedError("LEDGER_CONFLICT", "Too many others.", { next: "Wait." }));
    const stuck = keeper(policy, broken);
    const until = async (end: number, one: DrillKeeper) => {
      for (; now <= end; now += 3_600_000) await one.look();
    };
    await until(T0 + 2 * DAY, stuck);
    assert.deepEqual(await told(), ["DrillPlanned", "DrillMissed"]);
    const [, missed] = await ledgerOf().entriesOf(REHEARSALS);
    assert.equal(missed?.data["problem"], "Too many others. Wait.");
    await keeper(policy).look();
    const [late] = await opened();
    assert.equal(late?.drill?.dueAt, T0);
    // No worker for a month.
    await deny(policy, late.id);
    now += 30 * DAY;
    const back = keeper(policy);
    await until(now + 7_200_000, back);
    assert.deepEqual(await told(), ["DrillPlanned", "DrillMissed", "DrillMissed"]);
    assert.equal((await opened()).length, 2);
    assert.equal(
      (await lastDrill(ledgerOf(), rehearsed.drills[1] ?? assert.fail(), now))?.openedAt,
      (await opened())[1]?.openedAt,
    );
  });

  it("asks each target hourly, tells once that one is unwell and once that it is well again, whoever asks", async () => {
    const target = new ScriptedProvider();
    let problems: string[] = [];
    const asked: number[] = [];
    target.check = () => {
      asked.push(now);
      return Promise.resolve({ ok: problems.length === 0, problems });
    };
    const policy = { ...rehearsed, targets: { "orders-db": rehearsed.targets["orders-db"] ?? assert.fail() } };
    const memory = new CheckMemory(redis);
    const worker = () => {
      const targets = new Targets(
        () => policy,
        () => target.kind,
      );
      return new TargetChecks({
        ...{ ledger: ledgerOf(), targets, turns: new Turns(4), memory, now: () => now, log: silent },
        announce: () => undefined,
        pause: () => Promise.resolve(),
      });
    };
    const workers = [worker(), worker()];
    const minutes = async (count: number) => {
      for (let minute = 0; minute < count; minute++) {
        now += MINUTE;
        await redis.del("{breakglass}:checked:orders-db");
        for (const each of workers) each.begin();
        await Promise.all(workers.map((each) => each.idle()));
      }
    };
    await minutes(59);
    assert.equal(asked.length, 1);
    assert.deepEqual(await memory.all(), new Map([["orders-db", { at: T0 + MINUTE, ok: true }]]));
    problems = ["The server is down."];
    await minutes(10);
    // Twice before it is told, and then each minute.
    assert.notEqual(asked[8], undefined, asked.join());
    assert.deepEqual(await told(), ["TargetCheckFailed"]);
    problems = [];
    await minutes(3);
    assert.deepEqual(await told(), ["TargetCheckFailed", "TargetCheckPassed"]);
    const [failed] = await ledgerOf().entriesOf(REHEARSALS);
    assert.deepEqual(failed?.data, { target: "orders-db", problems: ["The server is down."] });
    assert.equal((await memory.read("orders-db"))?.ok, true);
  });
});
