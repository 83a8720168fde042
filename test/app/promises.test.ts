import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { after, afterEach, before, beforeEach, describe, it, mock } from "node:test";
import type { Connection } from "../../src/connection.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { CodedError, type Code } from "../../src/errors.ts";
import { KEYS } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { narrate } from "../../src/domain/narrate.ts";
import { Mirror } from "../../src/ledger/mirror.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { by, MINUTE, T0 } from "../support/scene.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { readableText } from "../support/readable-text.ts";
import { vouch } from "../support/vouch.ts";
import { timedOut, unreachable } from "../support/scripted-provider.ts";
import { until } from "../support/until.ts";
import { Worker } from "./worker.ts";

const has = (code: Code) => (error: unknown) => error instanceof CodedError && error.code === code;
describe("what the worker promises", () => {
  let server: TestRedis;
  let redis: Connection;
  let dir: string;
  let ledger: Ledger;
  let mirror: Mirror;
  let worker: Worker;

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
    dir = await mkdtemp(join(tmpdir(), "bg-promises-"));
    ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
    mirror = await Mirror.open(join(dir, "ledger.jsonl"), ledger);
    worker = new Worker(redis, mirror, ledger);
  });
  afterEach(async () => {
    await mirror.close();
    await rm(dir, { recursive: true });
  });

  const endOf = async (id: string) => (await ledger.load(id))?.state.deadline ?? 0;

  it("P1: the deadline is in the ledger and on disk before the target is asked", async () => {
    const id = await worker.asked("BG-000001");
    let known: unknown;
    worker.target.beforeGrant = async (order) => {
      const lines = (await readFile(join(dir, "ledger.jsonl"), "utf8")).trim().split("\n");
      known = (JSON.parse(lines.at(-1) ?? "") as { type: string; data: { deadline: number } }).data.deadline;
      assert.equal(known, order.deadline);
      assert.equal((await worker.types(id)).at(-1), "GrantStarted");
    };
    await worker.look(id);
    assert.equal(known, T0 + 15 * MINUTE);
    assert.equal(await worker.phase(id), "active");
  });

  const asksForFresh = async (id: string) => {
    const loaded = (await ledger.load(id)) ?? assert.fail();
    const number = loaded.state.rotations + 1;
    const actor = { person: "alice", via: "slack" } as const;
    const events: NewEvent[] = [{ type: "CredentialRotationAsked", actor, data: { number } }];
    await ledger.record({ id, state: loaded.state, events, at: worker.now });
  };

  it("P1, P5, P12: a fresh secret is asked for when that is on disk, to the same deadline, and sealed before it counts", async () => {
    const id = await worker.asked("BG-000001");
    await worker.look(id);
    worker.now += MINUTE;
    await asksForFresh(id);
    worker.target.beforeGrant = async (order) => {
      const lines = (await readFile(join(dir, "ledger.jsonl"), "utf8")).trim().split("\n");
      assert.match(lines.at(-1) ?? "", /"CredentialRotationStarted"/);
      assert.equal(order.deadline, T0 + 15 * MINUTE);
    };
    await worker.look(id);
    const { state } = (await ledger.load(id)) ?? assert.fail();
    assert.deepEqual([state.credential, state.rotation, state.deadline], [1, undefined, T0 + 15 * MINUTE]);
  });

  it("P5: a fresh secret that can't be written down is not asked for", async () => {
    const id = await worker.asked("BG-000001");
    await worker.look(id);
    await asksForFresh(id);
    const calls = worker.target.calls.length;
    mock.method(mirror, "has", () => Promise.reject(new Error("the disk is full")));
    await worker.look(id);
    assert.equal(worker.target.calls.length, calls);
    const failed = (await ledger.load(id))?.events.at(-1);
    assert.ok(failed?.type === "CredentialRotationFailed" && !failed.data.unknown);
    assert.equal(await worker.phase(id), "active");
  });

  it("P2: a target that hangs over a fresh secret holds up no end: it is given up at the deadline", async () => {
    const id = await worker.asked("BG-000001");
    await worker.look(id);
    await asksForFresh(id);
    worker.now = (await endOf(id)) - 100;
    worker.target.beforeGrant = async (_order, signal) => {
      const began = performance.now();
      await once(signal ?? assert.fail(), "abort");
      assert.ok(performance.now() - began < 5_000, "it was waited for longer than the access lasts");
      worker.now = await endOf(id);
      throw new CodedError("TARGET_TIMEOUT", "It did not answer in time.");
    };
    await worker.look(id);
    assert.equal(await worker.phase(id), "ended");
    assert.equal(worker.target.access.size, 0);
  });

  it("what a fresh secret made anew after the end is taken back", async () => {
    const id = await worker.asked("BG-000001");
    await worker.look(id);
    await asksForFresh(id);
    const other = new Worker(redis, mirror, ledger, worker.target);
    worker.target.beforeGrant = async () => {
      worker.target.beforeGrant = () => Promise.resolve();
      other.now = await endOf(id);
      await other.look(id);
      assert.equal(await worker.phase(id), "ended");
    };
    await worker.look(id);
    assert.equal(await worker.phase(id), "ended");
    assert.equal(worker.target.access.size, 0);
    assert.equal(await redis.keys("*sealed*").then(({ length }) => length), 0);
    const types = await worker.types(id);
    assert.deepEqual(types.slice(-2), ["CredentialRotated", "RevokeSucceeded"]);
  });

  it("P2: the look at the deadline ends it, whoever looks", async () => {
    const id = await worker.asked("BG-000001");
    await worker.look(id);
    worker.now = await endOf(id);
    const other = new Worker(redis, mirror, ledger);
    other.now = worker.now;
    other.target.access.set(id, { request: id, name: "bg_000001" });
    await other.look(id);
    assert.equal(await worker.phase(id), "ended");
    assert.equal(other.target.access.size, 0);
  });

  it("P3: it is not said to be gone while the target still lists it", async () => {
    const id = await worker.asked("BG-000001");
    await worker.look(id);
    worker.target.lies = true;
    worker.now = await endOf(id);
    await worker.look(id);
    assert.equal(await worker.phase(id), "ending");
    const { events } = (await ledger.load(id)) ?? assert.fail();
    const failed = events.at(-1);
    assert.ok(failed?.type === "RevokeFailed" && failed.data.code === "NOT_GONE");
    worker.target.lies = false;
    worker.now += MINUTE;
    await worker.look(id);
    const gone = (await ledger.load(id))?.events.at(-1);
    assert.ok(gone?.type === "RevokeSucceeded");
    assert.equal(gone.data.lateMs, MINUTE);
  });

  it("P4: it is tried for ever; 60 s late pages, 5 min late says how to do it by hand", async () => {
    const id = await worker.asked("BG-000001");
    await worker.look(id);
    worker.target.beforeRevoke = unreachable;
    const end = await endOf(id);
    for (worker.now = end; worker.now <= end + 20 * MINUTE; worker.now += 1_000) await worker.look(id);
    const { events, state } = (await ledger.load(id)) ?? assert.fail();
    const overdue = events.filter((event) => event.type === "RevokeOverdue");
    assert.deepEqual(
      overdue.map(({ at, data }) => [at - end, data.stage, data.commands]),
      [
        [MINUTE, "page", []],
        [5 * MINUTE, "by-hand", ["drop bg_000001"]],
      ],
    );
    const tries = events.filter((event) => event.type === "RevokeFailed").map(({ at }) => at);
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    assert.ok(
      tries.length > 20 && Math.max(...pauses) <= MINUTE,
      `${tries.length} tries, at most ${Math.max(...pauses)} ms apart`,
    );
    assert.equal(state.phase, "ending");
    worker.target.beforeRevoke = () => Promise.resolve();
    worker.now += MINUTE;
    await worker.look(id);
    assert.equal(await worker.phase(id), "ended");
  });

  it("P5: without the ledger nothing is granted; what is due is ended all the same, and recorded when it is back", async () => {
    const id = await worker.asked("BG-000001");
    const late = await worker.asked("BG-000002");
    await worker.look(id);
    const calls = worker.target.calls.length;
    await server.kill();
    await assert.rejects(worker.look(late));
    assert.equal(worker.target.calls.length, calls, "no target was asked");
    worker.now = T0 + 15 * MINUTE;
    await worker.perform.revokeBlind();
    assert.equal(worker.target.access.size, 0);
    worker.target.lies = true;
    await server.restart();
    await until(() => worker.types(id).catch(() => undefined), "the ledger");
    worker.now += 5_000;
    worker.target.lies = false;
    await worker.look(id);
    const gone = (await ledger.load(id))?.events.at(-1);
    assert.ok(gone?.type === "RevokeSucceeded");
    assert.equal(gone.data.lateMs, 0, "the moment when it was gone counts, not when that was recorded");
  });

  it("P5: while the ledger takes no entry, what falls due is ended at its moment, and recorded afterwards", async () => {
    const id = await worker.asked("BG-000001");
    await worker.look(id);
    await mirror.catchUp();
    await redis.del(KEYS.whole);
    worker.now = await endOf(id);
    await assert.rejects(worker.look(id), has("LEDGER_UNAVAILABLE"));
    assert.equal(worker.target.access.size, 0);
    assert.equal(await worker.phase(id), "active");
    await vouch(redis);
    worker.now += 5_000;
    await worker.look(id);
    const loaded = await ledger.load(id);
    const gone = loaded?.events.at(-1);
    assert.ok(loaded !== undefined && gone?.type === "RevokeSucceeded");
    assert.equal(gone.data.lateMs, 0);
    assert.equal(gone.data.goneAt, worker.now - 5_000, "it is marked as entered afterwards");
    const line = readableText(narrate(gone, loaded.state) ?? [], (person) => person);
    assert.match(line, /after the deadline\. That was at \S+, while the ledger was away; entered now\. Ledger/);
  });

  it("P7: what is recorded of a request while it is being ended doesn't make the ledger have been away", async () => {
    const id = await worker.asked("BG-000001");
    await worker.look(id);
    worker.now = await endOf(id);
    worker.target.beforeRevoke = async () => {
      worker.target.beforeRevoke = () => Promise.resolve();
      const state = (await ledger.load(id))?.state;
      const paged: NewEvent = {
        type: "RevokeOverdue",
        actor: by("clock"),
        data: { stage: "page", lateMs: 1, commands: [] },
      };
      await ledger.record({ id, state, events: [paged], at: worker.now });
    };
    await worker.look(id);
    const last = (await ledger.load(id))?.events.at(-1);
    assert.ok(last?.type === "RevokeSucceeded");
    assert.equal(last.data.goneAt, undefined);
    assert.equal(worker.target.calls.filter((call) => call.startsWith("revoke")).length, 1);
  });

  it("P5: what Redis forgot is ended from what the mirror knows, by a worker that never saw it too", async () => {
    const id = await worker.asked("BG-000001");
    await worker.look(id);
    await mirror.catchUp();
    await redis.flushall();
    await mirror.close();
    mirror = await Mirror.open(join(dir, "ledger.jsonl"), ledger);
    const other = new Worker(redis, mirror, ledger, worker.target);
    other.now = T0 + 15 * MINUTE - 1;
    await other.perform.revokeBlind();
    assert.equal(other.target.access.size, 1, "not before its deadline");
    other.now += 1;
    await other.perform.revokeBlind();
    assert.equal(other.target.access.size, 0);
  });

  it("P5: nothing is granted while any worker sees a fork, nor a secret asked for anew; what is on is ended", async () => {
    const live = await worker.asked("BG-000001");
    await worker.look(live);
    await asksForFresh(live);
    const id = await worker.asked("BG-000002");
    await redis.set(KEYS.forked, 3);
    await worker.look(live);
    for (const _ of [1, 2]) await assert.rejects(worker.look(id), has("LEDGER_FORK"));
    assert.deepEqual(worker.target.calls, ["grant BG-000001"]);
    assert.deepEqual(
      worker.announced.filter((each) => each === id),
      [id],
      "told once, however often it is found",
    );
    assert.deepEqual((await worker.types(live)).slice(-2), ["CredentialRotationAsked", "CredentialRotationFailed"]);
    assert.deepEqual(await worker.types(id), ["RequestOpened", "GrantHeld"], "said once, for whoever waits");
    worker.now = await endOf(live);
    await worker.look(live);
    assert.equal(await worker.phase(live), "ended");
  });

  it("a fresh secret that a dead worker may have asked for is not known to be none, though a fork keeps the next from asking", async () => {
    const id = await worker.asked("BG-000001");
    await worker.look(id);
    await asksForFresh(id);
    const { state } = (await ledger.load(id)) ?? assert.fail();
    const begun = { type: "CredentialRotationStarted", actor: by("clock"), data: { number: 1, attempt: 1 } } as const;
    await ledger.record({ id, state, events: [begun], at: worker.now });
    await redis.set(KEYS.forked, 3);
    worker.now += MINUTE;
    await worker.look(id);
    const failed = (await ledger.load(id))?.events.at(-1);
    assert.ok(failed?.type === "CredentialRotationFailed" && failed.data.code === "LEDGER_FORK");
    assert.equal(failed.data.unknown, true);
  });

  it("P1: what a full disk holds up is begun once and told once, and given at the next look when there is room", async () => {
    const id = await worker.asked("BG-000001");
    const full = mock.method(mirror, "catchUp", () =>
      Promise.reject(new CodedError("MIRROR_UNWRITABLE", "It is full.")),
    );
    for (let tries = 0; tries < 3; tries += 1) {
      await assert.rejects(worker.look(id), has("MIRROR_UNWRITABLE"));
      worker.now += MINUTE;
    }
    assert.deepEqual(await worker.types(id), ["RequestOpened", "GrantStarted", "GrantHeld"]);
    assert.deepEqual(worker.target.calls, []);
    full.mock.restore();
    await worker.look(id);
    assert.equal(await worker.phase(id), "active");
    assert.deepEqual((await worker.types(id)).slice(3), ["GrantStarted", "GrantSucceeded"]);
  });

  it("gives back what a target gave without saying so in time (unknown counts as granted)", async () => {
    const id = await worker.asked("BG-000001");
    worker.target.afterGrant = timedOut;
    await worker.look(id);
    assert.equal(worker.target.access.size, 0);
    assert.deepEqual(await worker.types(id), ["RequestOpened", "GrantStarted", "GrantFailed", "RevokeSucceeded"]);
    assert.equal(await worker.phase(id), "ended");
  });

  it("takes back at once what comes back after the request was ended", async () => {
    const id = await worker.asked("BG-000001");
    worker.target.beforeGrant = async () => {
      const { state } = (await ledger.load(id)) ?? assert.fail();
      const ended: NewEvent = {
        type: "RevokeStarted",
        actor: by("alice"),
        data: { cause: "ended", endAt: worker.now },
      };
      await ledger.record({ id, state, events: [ended], at: worker.now });
    };
    await worker.look(id);
    assert.equal(worker.target.access.size, 0);
    assert.equal(await worker.phase(id), "ended");
  });

  it("P11: ending one request leaves another's access alone", async () => {
    const one = await worker.asked("BG-000001");
    await worker.look(one);
    worker.now += MINUTE;
    const two = await worker.asked("BG-000002");
    await worker.look(two);
    worker.target.access.set("foreign", { name: "bg_reader" });
    worker.now = await endOf(one);
    await worker.look(one);
    assert.deepEqual([...worker.target.access.keys()], [two, "foreign"]);
  });

  it("grants nothing until it may, and never after the deadline", async () => {
    const id = await worker.asked("BG-000001");
    worker.mayGrant = false;
    await worker.look(id);
    assert.equal(worker.target.calls.length, 0);
    worker.mayGrant = true;
    worker.now = await endOf(id);
    await worker.look(id);
    assert.ok(!worker.target.calls.includes(`grant ${id}`));
    assert.equal(await worker.phase(id), "ended");
  });
});
