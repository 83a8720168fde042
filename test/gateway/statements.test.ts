import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openGateway, type GatewayScene } from "../support/gateway.ts";
import { until } from "../support/until.ts";

describe("what is recorded of a session through the gateway, on a real Postgres", () => {
  let scene: GatewayScene;
  before(async () => {
    scene = await openGateway();
  });
  after(() => scene.stop());

  it("is each statement, with the target's own word for what it did", async () => {
    const grant = await scene.grant();
    const client = await scene.connect(grant);
    await client.query("SELECT 1 AS one");
    await client.query("INSERT INTO orders SELECT generate_series(2, 5)");
    await client.query("BEGIN; UPDATE orders SET id = id; COMMIT");
    await assert.rejects(client.query("SELECT nothing"), /column "nothing" does not exist/);
    await client.query("");
    await client.end();
    assert.deepEqual(grant.recorder.lines, [
      "SELECT 1 AS one → SELECT 1, 1 rows",
      "INSERT INTO orders SELECT generate_series(2, 5) → INSERT 0 4, 4 rows",
      "BEGIN; UPDATE orders SET id = id; COMMIT → BEGIN; UPDATE 5; COMMIT, 5 rows",
      'SELECT nothing → 42703 column "nothing" does not exist',
      " → ",
    ]);
    const [first] = grant.recorder.all;
    assert.equal(first?.from, "127.0.0.1");
    assert.match(first.session, /^[0-9a-f]{8}$/);
    assert.ok((first.ended?.bytes ?? 0) > 0);
  });

  it("is what was bound to it, binary values in hexadecimal", async () => {
    const grant = await scene.grant();
    const client = await scene.connect(grant);
    await client.query("SELECT $1::int + 1, $2::text, $3::bytea", [41, null, Buffer.from([0, 255])]);
    await client.query({ name: "again", text: "SELECT $1::text", values: ["a"] });
    await client.query({ name: "again", text: "SELECT $1::text", values: ["b"] });
    await assert.rejects(client.query("SELECT $1::int", ["x"]), /invalid input syntax/);
    await client.end();
    assert.deepEqual(grant.recorder.lines, [
      'SELECT $1::int + 1, $2::text, $3::bytea ["41",null,"\\\\x00ff"] → SELECT 1, 1 rows',
      'SELECT $1::text ["a"] → SELECT 1, 1 rows',
      'SELECT $1::text ["b"] → SELECT 1, 1 rows',
      'SELECT $1::int ["x"] → 22P02 invalid input syntax for type integer: "x"',
    ]);
  });

  it("is nothing that its requester could not know: the target's own password is in none of it", async () => {
    const grant = await scene.grant();
    assert.notEqual(grant.targetPassword, "");
    assert.notEqual(grant.targetPassword, grant.credential.password.reveal());
    const direct = scene.connect(grant, { port: scene.server.port });
    await assert.rejects(direct, /authentication failed/);
    await assert.rejects(scene.connect(grant, { password: grant.targetPassword }), /authentication failed/);
  });

  it("says of what was under way that it was cut off", async () => {
    const grant = await scene.grant();
    const client = await scene.connect(grant);
    const sleeping = client.query("SELECT pg_sleep(60)").catch(() => undefined);
    await until(() => grant.recorder.all[0], "the statement");
    await scene.startEnd(grant);
    await sleeping;
    await until(() => grant.recorder.all[0]?.ended, "its end");
    assert.deepEqual(grant.recorder.lines, ["SELECT pg_sleep(60) → cut off"]);
    await assert.rejects(scene.connect(grant), /is not on/);
  });
});
