import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { settingsOf } from "../../src/gateway/settings.ts";
import { openGateway, type GatewayScene } from "../support/gateway.ts";

const of = (parameters: Record<string, string>) => settingsOf(new Map(Object.entries(parameters)));

describe("what a client sets by its first packet", () => {
  it("is known as SQL, but for what drivers set by themselves", () => {
    const ordinary = { user: "bg_1", database: "x", application_name: "psql", client_encoding: "UTF8" };
    assert.deepEqual(of({ ...ordinary, DateStyle: "ISO", TimeZone: "UTC", extra_float_digits: "2" }), []);
    assert.deepEqual(of({ role: 'own"er', search_path: "a,b'c", "my.setting": "1", "strange name": "2" }), [
      'SET ROLE "own""er"',
      "SET search_path = 'a,b''c'",
      "SET my.setting = '1'",
      "SET \"strange name\" = '2'",
    ]);
  });

  it("is read from options as the server reads them, and refused where it can't be", () => {
    const options = "-c role=orders_owner  --search-path=a\\ b -cstatement_timeout=5s -c session_authorization=x";
    assert.deepEqual(of({ options }), [
      'SET ROLE "orders_owner"',
      "SET search_path = 'a b'",
      'SET SESSION AUTHORIZATION "x"',
    ]);
    for (const unreadable of ["-B 100", "role=x", "-c", "-c role", "--"])
      assert.throws(() => of({ options: unreadable }), /can't read the options/, unreadable);
  });

  describe("on a real Postgres", () => {
    let scene: GatewayScene;
    before(async () => {
      scene = await openGateway();
    });
    after(() => scene.stop());

    it("is recorded before the session begins, also when it doesn't", async () => {
      const grant = await scene.grant();
      const client = await scene.connect(grant, { options: "-c role=orders_writer -c search_path=public" });
      assert.deepEqual((await client.query("SELECT current_user")).rows, [{ current_user: "orders_writer" }]);
      await client.end();
      await assert.rejects(scene.connect(grant, { options: "-c role=postgres" }), /permission denied/);
      assert.deepEqual(grant.recorder.lines, [
        'SET ROLE "orders_writer" → SET',
        "SET search_path = 'public' → SET",
        "SELECT current_user → SELECT 1, 1 rows",
        'SET ROLE "postgres" → the session did not come about',
      ]);
    });

    it("is recorded also where it is another of the target's databases", async () => {
      const grant = await scene.grant();
      await (await scene.connect(grant, { database: "template1" })).end();
      await assert.rejects(scene.connect(grant, { database: "nowhere" }), /does not exist/);
      assert.deepEqual(grant.recorder.lines, [
        '[the database "template1"] → CONNECT',
        '[the database "nowhere"] → the session did not come about',
      ]);
    });
  });
});
