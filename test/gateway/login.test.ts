import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { logKept } from "../support/kept-log.ts";
import { CodedError } from "../../src/errors.ts";
import { openGateway, type GatewayScene } from "../support/gateway.ts";
import { until } from "../support/until.ts";
import { redisContents } from "../support/redis-contents.ts";
import {
  CANCEL_REQUEST,
  cstring,
  GSS_REQUEST,
  int32,
  message,
  packet,
  PROTOCOL_3_0,
  SSL_REQUEST,
} from "../../src/gateway/wire.ts";

/** All that comes until the other side closes. */
async function answerOf(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on("data", (bytes) => pieces.push(bytes));
  if (!socket.closed) await once(socket, "close");
  return Buffer.concat(pieces).toString("utf8");
}

const startup = (version: number, ...pairs: string[]) => packet(int32(version), ...pairs.map(cstring), Buffer.of(0));

describe("who gets in at the session gateway", () => {
  let scene: GatewayScene;
  const kept = logKept();
  /** Another, which is impatient. */
  let quick: GatewayScene;
  before(async () => {
    scene = await openGateway({ log: kept.log });
    quick = await openGateway({ server: scene.server, loginMs: 500 });
  });
  after(async () => {
    await quick.stop();
    await scene.stop();
  });

  const said = async (...bytes: Buffer[]) => {
    const socket = await quick.raw();
    socket.write(Buffer.concat(bytes));
    return await answerOf(socket);
  };

  it("is whoever has a grant that is on, and its password: not another's, not the target's own", async () => {
    const [one, other] = [await scene.grant(), await scene.grant()];
    const client = await scene.connect(one);
    assert.equal((await client.query("SELECT current_user")).rowCount, 1);
    await client.end();
    await assert.rejects(scene.connect(one, { password: other.credential.password.reveal() }), /authentication failed/);
    await assert.rejects(scene.connect(one, { password: one.targetPassword }), /authentication failed/);
    for (const user of ["postgres", "bg_zzzzzz", "", "bg_'; --", "x".repeat(4_000)])
      await assert.rejects(scene.connect(one, { user }), /authentication failed/);
    assert.deepEqual(other.recorder.all, []);
  });

  it("is nobody whose access begins to end, has ended, or is past its time", async () => {
    const [ending, short] = [await scene.grant(), await scene.grant({ forMs: 900 })];
    await scene.startEnd(ending);
    await assert.rejects(scene.connect(ending), /The access of BG-\d+ is not on\. Access is being ended now/);
    await until(
      async () => ((await scene.redis.exists(`{breakglass}:gateway:${short.id}`)) === 0 ? true : undefined),
      "its end",
    );
    await assert.rejects(scene.connect(short), /authentication failed/);
  });

  it("is nobody while the ledger can't be asked, and everybody learns why", async () => {
    const grant = await scene.grant();
    scene.redisServer.pause();
    try {
      await assert.rejects(scene.connect(grant), /can't look whether the access is on/);
    } finally {
      scene.redisServer.resume();
    }
    await until(() => scene.redis.ping().catch(() => undefined), "Redis");
    await (await scene.connect(grant)).end();
  });

  it("is as many as a grant may have connections", async () => {
    const grant = await scene.grant({ connectionLimit: 2 });
    const [first, second] = [await scene.connect(grant), await scene.connect(grant)];
    await assert.rejects(scene.connect(grant), /too many connections for BG-\d+: it may have 2/);
    await first.end();
    const third = await until(() => scene.connect(grant).catch(() => undefined), "a free place");
    await Promise.all([second.end(), third.end()]);
  });

  it("is told in the target's own words when that says no", async () => {
    const grant = await scene.grant();
    await assert.rejects(scene.connect(grant, { database: "nowhere" }), /database "nowhere" does not exist/);
    assert.equal(scene.gateway.sessions.count, 0);
  });

  it("is nobody where nothing can be recorded", async () => {
    const grant = await scene.grant();
    grant.recorder.closed = new CodedError("MIRROR_UNWRITABLE", "What is run can't be recorded.");
    await assert.rejects(scene.connect(grant), (error: unknown) => {
      assert.match(String(error), /can't be recorded/);
      return error instanceof Error && "code" in error && error.code === "58030";
    });
    assert.equal(scene.gateway.sessions.count, 0);
  });

  it("speaks the protocol: older, stranger and broken beginnings are refused in words, or closed", async () => {
    assert.equal((await said(packet(int32(SSL_REQUEST)), startup(PROTOCOL_3_0, "user", "x"))).slice(0, 2), "NR");
    assert.equal((await said(packet(int32(GSS_REQUEST)), packet(int32(GSS_REQUEST)))).slice(0, 2), "NN");
    assert.match(await said(startup(196_607, "user", "x")), /another version/);
    assert.match(await said(startup(PROTOCOL_3_0, "user")), /has no end|ends too early/);
    assert.match(await said(packet(Buffer.alloc(20_000))), /a first packet of 20004 bytes/);
    assert.match(await said(packet(int32(PROTOCOL_3_0))), /has no end/);
    assert.match(await said(int32(-1), Buffer.alloc(8)), /a first packet/);
    assert.match(await said(startup(PROTOCOL_3_0, "user", "x", "replication", "database")), /replication/);
    assert.match(await said(packet(int32(CANCEL_REQUEST))), /a request to cancel/);
    assert.equal(await said(packet(int32(CANCEL_REQUEST), int32(1), int32(2))), "");
    assert.match(
      await said(startup(PROTOCOL_3_0, "user", "x"), message("Q", cstring("SELECT 1"))),
      /a password was to come/,
    );
    assert.match(
      await said(startup(PROTOCOL_3_0, "user", "x"), message("p", cstring("clear text"))),
      /another kind of login|a message ends too early/,
    );
    assert.match(await said(Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), /a first packet of/);
    // A client that could do more is told what there is.
    assert.match(await said(startup(PROTOCOL_3_0 + 2, "user", "x", "_pq_.new", "1")), /^v[^]*_pq_\.new\0R/);
  });

  it("is nobody who takes too long: the place is free again", async () => {
    for (const bytes of [Buffer.of(0), packet(int32(SSL_REQUEST)), startup(PROTOCOL_3_0, "user", "x")]) {
      const began = performance.now();
      assert.match(await said(bytes), /The login took too long/);
      assert.ok(performance.now() - began < 3_000);
    }
  });

  it("is at most so many at once that are not logged in", async () => {
    const waiting = await Promise.all(Array.from({ length: 50 }, () => quick.raw()));
    const answers = await Promise.all([said(Buffer.of(0)), ...waiting.map(answerOf)]);
    assert.match(answers[0], /Too many connections wait for their login/);
    assert.match(answers[1] ?? "", /took too long/);
  });

  it("is nobody after ten wrong passwords, for a while; others are let in meanwhile", async () => {
    const [one, other] = [await scene.grant(), await scene.grant()];
    for (let nth = 0; nth < 10; nth += 1)
      await assert.rejects(scene.connect(one, { password: "wrong" }), /authentication failed/);
    await assert.rejects(scene.connect(one), /Too many wrong passwords/);
    await (await scene.connect(other)).end();
    assert.ok(kept.lines().filter((line) => line.includes("a wrong password")).length >= 10);
  });

  it("leaves no password anywhere: not in Redis, not in the log", async () => {
    const grant = await scene.grant();
    await (await scene.connect(grant)).end();
    const everything = `${await redisContents(scene.redisServer.url)}${kept.lines().join("\n")}`;
    assert.match(everything, new RegExp(`gateway:${grant.id}`));
    for (const secret of [grant.targetPassword, grant.credential.password.reveal()])
      assert.ok(!everything.includes(secret));
  });
});
