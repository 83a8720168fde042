import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { FORGERIES, NAUGHTY } from "../support/naughty-strings.ts";
import { startTestRedis } from "../support/redis.ts";
import { openGateway, type GatewayScene, type OpenGrant } from "../support/gateway.ts";
import { until } from "../support/until.ts";
import { errorIn, say, WireSession } from "../support/wire-session.ts";
import { cstring, int16, int32, message } from "../../src/gateway/wire.ts";

const MB = 1024 * 1024;

describe("a session through the gateway, when something goes wrong, on a real Postgres", () => {
  let scene: GatewayScene;
  before(async () => {
    scene = await openGateway();
  });
  after(() => scene.stop());

  const begin = async (): Promise<{ grant: OpenGrant; wire: WireSession }> => {
    const grant = await scene.grant();
    return { grant, wire: new WireSession(await scene.connect(grant)) };
  };
  const over = () => until(() => (scene.gateway.sessions.count === 0 ? true : undefined), "the end of the session");
  const backends = async () => {
    const { rows } = await scene.server.admin.query("SELECT pid FROM pg_stat_activity WHERE usename LIKE 'bg_%'");
    return rows.length;
  };

  it("ends when what is run can't be recorded: the statement is not passed on", async () => {
    const { grant, wire } = await begin();
    wire.send(say.query("SELECT 1"));
    await wire.types();
    grant.recorder.broken = new Error("no space left on device");
    wire.send(say.query("INSERT INTO orders VALUES (4242)"), say.query("SELECT 2"));
    assert.match(errorIn(await wire.until("none")) ?? "", /^58030 What is run can't be recorded/);
    await over();
    await until(async () => ((await backends()) === 0 ? true : undefined), "the end at the target");
    const { rowCount } = await scene.server.admin.query("SELECT FROM orders WHERE id = 4242");
    assert.equal(rowCount, 0);
    // And nobody gets in while it stays so: the first statement ends it.
    const again = new WireSession(await scene.connect(grant));
    again.send(say.query("SELECT 3"));
    assert.match(errorIn(await again.until("none")) ?? "", /^58030/);
    await over();
  });

  it("ends when what became of a statement can't be recorded", async () => {
    const { grant, wire } = await begin();
    wire.send(say.query("SELECT pg_sleep(0.3)"));
    await until(() => grant.recorder.all[0], "the statement");
    grant.recorder.broken = new Error("no space left on device");
    assert.match(errorIn(await wire.until("none")) ?? "", /^58030/);
    await over();
  });

  it("takes a statement of 100 MB, and holds no more of it than its beginning", async () => {
    const { grant, wire } = await begin();
    const size = 100 * MB;
    const before = process.memoryUsage.rss();
    let highest = 0;
    const watch = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 5);
    const head = "SELECT length('";
    const tail = "')\0";
    wire.socket.write(
      Buffer.concat([Buffer.from("Q"), int32(4 + head.length + size + tail.length), Buffer.from(head)]),
    );
    const piece = Buffer.alloc(MB, "x");
    for (let sent = 0; sent < size; sent += piece.length)
      if (!wire.socket.write(piece)) await new Promise((resolve) => wire.socket.once("drain", resolve));
    wire.socket.write(tail);
    const answers = await wire.until("Z");
    clearInterval(watch);
    assert.equal(answers.find(({ type }) => type === "D")?.body.toString("utf8", 6), String(size));
    const [recorded] = grant.recorder.all;
    assert.equal(recorded?.sql.length, 1_000_000);
    assert.equal(recorded.cutFrom, head.length + size + tail.length - 1);
    assert.equal(recorded.ended?.command, "SELECT 1");
    assert.ok(highest - before < 80 * MB, `${Math.round((highest - before) / MB)} MB more at its height`);
    wire.socket.destroy();
  });

  it("takes parameters of 100 MB, and says of what it can't keep how long it was", async () => {
    const { grant, wire } = await begin();
    const size = 100 * MB;
    wire.send(say.parse("", "SELECT length($1::bytea), $2::text"));
    const before = Buffer.concat([cstring(""), cstring(""), int16(1), int16(1), int16(2), int32(size)]);
    const rest = Buffer.concat([int32(1), Buffer.from("y"), int16(0)]);
    wire.socket.write(Buffer.concat([Buffer.from("B"), int32(4 + before.length + size + rest.length), before]));
    const piece = Buffer.alloc(MB, 0xab);
    for (let sent = 0; sent < size; sent += piece.length)
      if (!wire.socket.write(piece)) await new Promise((resolve) => wire.socket.once("drain", resolve));
    wire.send(rest, say.execute(""), say.sync());
    assert.equal(await wire.types(), "12DCZ");
    const [first = "", second] = grant.recorder.all[0]?.parameters ?? [];
    assert.match(first ?? "", /^\\x(ab){1000000}… \(of 104857600 bytes\)$/);
    assert.equal(second, "… (the rest is not kept)");
    wire.socket.destroy();
  });

  it("records control characters, chat markup and what else is strange as they came", async () => {
    const { grant, wire } = await begin();
    const strange = [
      "SELECT '\u0001\u0007\u001b[2J\u202e<!channel> <@U0ALICE> ```* _ & </script>'",
      "SELECT '🔴\ud83d' -- half a character",
      ...[...FORGERIES, ...NAUGHTY]
        .filter((each) => !each.includes("\0"))
        .map((each) => `SELECT '${each.replaceAll("'", "''")}'`),
    ];
    for (const sql of strange) {
      wire.send(say.query(sql));
      await wire.until("Z");
    }
    assert.deepEqual(
      grant.recorder.all.map(({ sql }) => sql),
      strange.map((each) => Buffer.from(each, "utf8").toString("utf8")),
    );
    wire.socket.destroy();
  });

  it("reads what a client writes in another encoding", async () => {
    const { grant, wire } = await begin();
    wire.send(say.query("SET client_encoding = 'LATIN1'"));
    await wire.types();
    wire.send(message("Q", Buffer.from("SELECT 'caf\xe9'\0", "latin1")));
    await wire.types();
    assert.equal(grant.recorder.lines.at(-1), "SELECT 'café' → SELECT 1, 1 rows");
    wire.socket.destroy();
  });

  it("ends at a message that can't be read, and passes none of it on", async () => {
    const bad: readonly [string, Buffer][] = [
      ["an unknown type", message("!", Buffer.from("x"))],
      ["a password after the login", message("p", cstring("x"))],
      ["a length below its own", Buffer.from([0x51, 0, 0, 0, 3])],
      ["a length below zero", Buffer.from([0x51, 0xff, 0xff, 0xff, 0xff])],
      ["a small message that is large", message("S", Buffer.alloc(20_000))],
      ["a query without an end", message("Q", Buffer.from("INSERT INTO orders VALUES (7777)"))],
      [
        "a query with something after its end",
        message("Q", Buffer.from("SELECT 1\0INSERT INTO orders VALUES (7777)\0")),
      ],
      ["a Parse that ends too early", message("P", cstring("s"))],
      ["a Parse with types that aren't there", message("P", cstring(""), cstring("SELECT 1"), int16(3), int32(1))],
      [
        "a Bind with a value that is longer than it",
        message("B", cstring(""), cstring(""), int16(0), int16(1), int32(99)),
      ],
      [
        "a Bind with a negative length",
        message("B", cstring(""), cstring(""), int16(0), int16(1), int32(-2), int16(0)),
      ],
      [
        "a Bind with formats for others",
        message("B", cstring(""), cstring(""), int16(2), int16(0), int16(0), int16(0), int16(0)),
      ],
      ["an Execute that goes on", message("E", cstring(""), int32(0), Buffer.from("x"))],
      ["a Close of nothing known", message("C", Buffer.from("X"), cstring("s"))],
      ["a Describe that is empty", message("D")],
      ["a call that ends too early", message("F", int32(1))],
    ];
    const grant = await scene.grant({ connectionLimit: 50 });
    for (const [what, bytes] of bad) {
      const wire = new WireSession(await scene.connect(grant));
      wire.send(bytes, say.query("INSERT INTO orders VALUES (7777)"), say.sync());
      assert.match(errorIn(await wire.until("none")) ?? "", /^08P01 /, what);
    }
    await over();
    assert.deepEqual(grant.recorder.lines, []);
    const { rowCount } = await scene.server.admin.query("SELECT FROM orders WHERE id = 7777");
    assert.equal(rowCount, 0);
  });

  it("outlives random bytes of every kind, without a session or a listener left behind", async () => {
    const grant = await scene.grant({ connectionLimit: 50 });
    const letter = fc.constantFrom(...Buffer.from("QPBEDCSHFdcfXp!\0"));
    const frame = fc
      .tuple(letter, fc.uint8Array({ maxLength: 60 }))
      .map(([type, body]) => message(String.fromCharCode(type), Buffer.from(body)));
    const bytes = fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(frame, frame, bytes), { minLength: 1, maxLength: 8 }), async (pieces) => {
        const wire = new WireSession(await scene.connect(grant));
        for (const piece of pieces) wire.send(piece);
        wire.send(say.sync());
        await setTimeout(5);
        wire.socket.destroy();
      }),
      { numRuns: 60 },
    );
    await over();
    await until(async () => ((await backends()) === 0 ? true : undefined), "the end at the target");
    for (const { ended } of grant.recorder.all) assert.ok(ended);
    const client = await scene.connect(grant);
    assert.equal((await client.query("SELECT 1")).rowCount, 1);
    await client.end();
  });

  it("waits for a client that reads nothing, takes no more from the target meanwhile, and ends it all the same", async () => {
    const { grant, wire } = await begin();
    wire.socket.pause();
    wire.send(say.query("SELECT repeat('x', 1000) FROM generate_series(1, 300000)"));
    await until(() => grant.recorder.all[0], "the statement");
    await setTimeout(1_500);
    assert.equal(grant.recorder.all[0]?.ended, undefined);
    const began = performance.now();
    await scene.startEnd(grant);
    await over();
    assert.ok(performance.now() - began < 2_000);
    const [, rows = ""] = /→ (\d+) rows, cut off$/.exec(grant.recorder.lines[0] ?? "") ?? [];
    assert.ok(Number(rows) > 0 && Number(rows) < 60_000, `${rows} rows went by`);
  });

  it("waits for a target that takes nothing, and takes no more from the client meanwhile", async () => {
    const { wire } = await begin();
    const { rows } = await scene.server.admin.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE usename LIKE 'bg_%'",
    );
    for (const { pid } of rows) process.kill(pid, "SIGSTOP");
    try {
      const size = 200 * MB;
      wire.socket.write(Buffer.concat([Buffer.from("Q"), int32(4 + size), Buffer.from("SELECT '")]));
      for (let sent = 0; sent < size; sent += MB) wire.socket.write(Buffer.alloc(MB, "x"));
      await setTimeout(1_500);
      const taken = wire.socket.bytesWritten - wire.socket.writableLength;
      assert.ok(taken > 0 && taken < 60 * MB, `${Math.round(taken / MB)} MB were taken`);
    } finally {
      for (const { pid } of rows) process.kill(pid, "SIGCONT");
      wire.socket.destroy();
    }
    await over();
  });

  it("ends when its target dies in the middle of a statement", async () => {
    const { grant, wire } = await begin();
    wire.send(say.query("SELECT pg_sleep(60)"));
    await until(() => grant.recorder.all[0], "the statement");
    await scene.server.admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'bg_%'");
    assert.match(errorIn(await wire.until("none")) ?? "", /^57P01 terminating connection due to administrator/);
    await over();
    assert.match(grant.recorder.lines[0] ?? "", /→ 57P01 terminating connection due to administrator/);
  });

  it("cancels a statement of its own, and of nobody else's", async () => {
    const grant = await scene.grant();
    const client = await scene.connect(grant);
    const key = client as unknown as { processID: number; secretKey: number };
    const sleeping = client.query("SELECT pg_sleep(60)").then(
      () => "slept",
      (error: unknown) => String(error),
    );
    await until(() => grant.recorder.all[0], "the statement");
    const cancel = async (process: number, secret: number) => {
      const socket = await scene.raw();
      socket.end(Buffer.concat([int32(16), int32(80_877_102), int32(process), int32(secret)]));
      await new Promise((resolve) => socket.once("close", resolve).resume());
    };
    await cancel(key.processID, key.secretKey + 1);
    await cancel(randomBytes(4).readInt32BE(), key.secretKey);
    await setTimeout(300);
    assert.equal(grant.recorder.all[0]?.ended, undefined);
    await cancel(key.processID, key.secretKey);
    assert.match(await sleeping, /canceling statement due to user request/);
    assert.equal((await client.query("SELECT 1")).rowCount, 1);
    await client.end();
    await over();
    assert.match(grant.recorder.lines[0] ?? "", /→ 57014 canceling statement/);
  });

  it("is over at its deadline by its own timer, also while the target is frozen and the ledger is away", async () => {
    const grant = await scene.grant({ forMs: 2_500 });
    const deadline = Date.now() + 2_500;
    const idle = new WireSession(await scene.connect(grant));
    const busy = new WireSession(await scene.connect(grant));
    const { rows } = await scene.server.admin.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE usename LIKE 'bg_%'",
    );
    for (const { pid } of rows) process.kill(pid, "SIGSTOP");
    scene.redisServer.pause();
    try {
      busy.send(say.query("SELECT 1"));
      const errors = await Promise.all([idle, busy].map(async (each) => errorIn(await each.until("none"))));
      const lateMs = Date.now() - deadline;
      for (const error of errors) assert.match(error ?? "", /^57P01 .*the access of BG-\d+ is over/);
      assert.ok(lateMs < 1_000, `${lateMs} ms late`);
      await over();
    } finally {
      scene.redisServer.resume();
      for (const { pid } of rows) process.kill(pid, "SIGCONT");
    }
    await until(() => scene.redis.ping().catch(() => undefined), "Redis");
  });

  it("is over within a second of its end being recorded, and the sessions of others go on", async () => {
    const [one, other] = [await begin(), await begin()];
    const began = performance.now();
    await scene.startEnd(one.grant);
    assert.match(errorIn(await one.wire.until("none")) ?? "", /^57P01/);
    assert.ok(performance.now() - began < 1_000);
    other.wire.send(say.query("SELECT 1"));
    assert.equal(await other.wire.types(), "TDCZ");
    other.wire.socket.destroy();
    await over();
  });

  it("is over soon after its end being recorded, also when the connection on which that is heard hangs", async () => {
    const hanging = await startTestRedis();
    hanging.pause();
    const deaf = await openGateway({ server: scene.server, followUrl: hanging.url, firstRequest: 500 });
    try {
      const grant = await deaf.grant();
      const wire = new WireSession(await deaf.connect(grant));
      await deaf.startEnd(grant);
      assert.match(errorIn(await wire.until("none")) ?? "", /^57P01/);
    } finally {
      hanging.resume();
      await deaf.stop();
      await hanging.stop();
    }
  });

  it("is over when the gateway is stopped, and says that access is still on", async () => {
    const { grant, wire } = await begin();
    const [told] = await Promise.all([wire.until("none"), scene.gateway.stop()]);
    assert.match(errorIn(told) ?? "", /^57P01 The session gateway is being stopped/);
    assert.deepEqual(grant.recorder.lines, []);
  });
});
