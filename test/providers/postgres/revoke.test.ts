import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Client } from "pg";
import { failsWith, patience } from "../contract.ts";
import { alive, lockedBy, login, orderFor, ordersServer, sqlState, type OrdersServer } from "./server.ts";

describe("what a Postgres revoke ends", () => {
  let server: OrdersServer;
  before(async () => {
    server = await ordersServer();
    await server.admin.query("CREATE DATABASE second");
  });
  after(() => server.stop());

  const roles = async (name: string): Promise<number | null> =>
    (await server.admin.query("SELECT FROM pg_roles WHERE rolname = $1", [name])).rowCount;

  it("closes live sessions, also one that did SET ROLE and one in another database", async () => {
    const { handle, credential } = await server.provider.grant(orderFor("BG-00000A"), patience());
    const sessions = [
      await login(server.port, credential),
      await login(server.port, credential),
      await login(server.port, credential, "second"),
    ];
    await sessions[1]?.query("SET ROLE orders_writer");
    assert.deepEqual(await server.provider.revoke(handle, patience()), ["role removed", "3 connections closed"]);
    for (const session of sessions) assert.equal(await alive(session), false);
    assert.equal(await roles("bg_00000a"), 0);
  });

  it("leaves the same person's other session working (P11)", async () => {
    const first = await server.provider.grant(orderFor("BG-00000B"), patience());
    const second = await server.provider.grant(orderFor("BG-00000C"), patience());
    const session = await login(server.port, second.credential);
    await server.provider.revoke(first.handle, patience());
    assert.equal(await alive(session), true);
    await session.query("INSERT INTO orders VALUES (2)");
    await server.provider.revoke(second.handle, patience());
  });

  it("keeps what the role made, in two databases, under the quarantine role", async () => {
    const { handle, credential } = await server.provider.grant(orderFor("BG-00000D"), patience());
    await server.admin.query("GRANT CREATE ON DATABASE second TO bg_00000d");
    const here = await login(server.port, credential);
    await here.query("CREATE TABLE public.rescue AS SELECT 42 AS answer");
    await here.query("CREATE FUNCTION public.rescuer() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    const there = await login(server.port, credential, "second");
    await there.query("CREATE SCHEMA saved CREATE TABLE rescue (id int)");
    await there.query("GRANT USAGE ON SCHEMA saved TO orders_reader");
    const done = await server.provider.revoke(handle, patience());
    assert.deepEqual(done.slice(2), ["what it made kept under bg_quarantine"]);
    assert.equal(await roles("bg_00000d"), 0);

    const owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'rescue'";
    assert.deepEqual((await server.admin.query(owner)).rows, [{ tableowner: "bg_quarantine" }]);
    assert.deepEqual((await server.admin.query("SELECT answer FROM rescue")).rows, [{ answer: 42 }]);
    const second = new Client(server.url.replace(/postgres$/, "second"));
    await second.connect();
    assert.deepEqual((await second.query(owner)).rows, [{ tableowner: "bg_quarantine" }]);
    await second.end();
    assert.equal(await sqlState(server.admin.query("SET ROLE bg_quarantine; RESET ROLE")), undefined);
    const { rows } = await server.admin.query("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'bg_quarantine'");
    assert.deepEqual(rows, [{ rolcanlogin: false }]);
    assert.ok((await server.provider.list(patience())).every(({ name }) => name !== "bg_quarantine"));
  });

  it("closes the session of a role that somebody dropped by hand, and lists it until then", async () => {
    const { handle, credential } = await server.provider.grant(orderFor("BG-00000E"), patience());
    const session = await login(server.port, credential);
    await server.admin.query("DROP ROLE bg_00000e");
    const orphan = { name: `oid:${handle.ref ?? ""}`, ref: handle.ref };
    assert.equal(await alive(session), true);
    assert.deepEqual(await server.provider.list(patience()), [orphan]);
    assert.deepEqual(await server.provider.revoke(handle, patience()), [
      "role was already gone",
      "1 connection closed",
    ]);
    assert.equal(await alive(session), false);
    assert.deepEqual(await server.provider.list(patience()), []);
  });

  it("closes such a session by its oid alone, but never one whose role still exists", async () => {
    const { handle, credential } = await server.provider.grant(orderFor("BG-00000F"), patience());
    const session = await login(server.port, credential);
    const orphan = { name: `oid:${handle.ref ?? ""}`, ref: handle.ref ?? "" };
    await server.provider.revoke(orphan, patience());
    assert.equal(await alive(session), true);
    await server.admin.query("DROP ROLE bg_00000f");
    await server.provider.revoke(orphan, patience());
    assert.equal(await alive(session), false);
  });

  it("rolls back what the role prepared", async () => {
    const { handle, credential } = await server.provider.grant(orderFor("BG-00000G"), patience());
    const session = await login(server.port, credential);
    await session.query("BEGIN; INSERT INTO orders VALUES (99); PREPARE TRANSACTION 'it''s'");
    await session.end();
    await server.admin.query("BEGIN; INSERT INTO orders VALUES (77); PREPARE TRANSACTION 'not ours'");
    await server.provider.revoke(handle, patience());
    const { rows } = await server.admin.query("SELECT gid FROM pg_prepared_xacts");
    assert.deepEqual(rows, [{ gid: "not ours" }]);
    await server.admin.query("ROLLBACK PREPARED 'not ours'");
    assert.equal(await roles("bg_00000g"), 0);
  });

  it("ends privileges and memberships that the role passed on", async () => {
    const { handle, credential } = await server.provider.grant(orderFor("BG-00000H"), patience());
    await server.admin.query("CREATE ROLE friend; GRANT orders_writer TO bg_00000h WITH ADMIN OPTION");
    const session = await login(server.port, credential);
    await session.query("GRANT orders_writer TO friend");
    await server.provider.revoke(handle, patience());
    const { rows } = await server.admin.query("SELECT pg_has_role('friend', 'orders_writer', 'MEMBER') AS still");
    assert.deepEqual(rows, [{ still: false }]);
  });

  it("never touches roles whose names only look like ours", async () => {
    const similar = ["bg_7k3m2", "bg_7k3m2qq", "xbg_7k3m2q", "bg_7k3m2q_old", "BG_7K3M2Q", "bg_7k3m2i", "bgx7k3m2q"];
    for (const name of similar) await server.admin.query(`CREATE ROLE "${name}" LOGIN`);
    const { handle } = await server.provider.grant(orderFor("BG-7K3M2Q"), patience());
    assert.deepEqual(await server.provider.list(patience()), [handle]);
    await server.provider.revoke(handle, patience());
    for (const name of similar) {
      assert.equal(await roles(name), 1);
      await failsWith("TARGET_REFUSED", () => server.provider.revoke({ name }, patience()));
    }
    await failsWith("TARGET_REFUSED", () => server.provider.revoke({ name: "postgres", ref: "10" }, patience()));
  });

  it("finds our role by the recorded oid when somebody removed its comment", async () => {
    const { handle } = await server.provider.grant(orderFor("BG-00000J"), patience());
    await server.admin.query("COMMENT ON ROLE bg_00000j IS NULL");
    await server.provider.revoke(handle, patience());
    assert.equal(await roles("bg_00000j"), 0);
  });

  it("does not call a role gone that somebody renamed", async () => {
    const { handle } = await server.provider.grant(orderFor("BG-00000K"), patience());
    await server.admin.query("ALTER ROLE bg_00000k RENAME TO sleeper");
    const refused = await failsWith("TARGET_REFUSED", () => server.provider.revoke(handle, patience()));
    await server.admin.query(/Run (ALTER ROLE .*) there/.exec(refused.next)?.[1] ?? assert.fail(refused.next));
    await server.provider.revoke(handle, patience());
    assert.equal(await roles("sleeper"), 0);
  });

  it("runs nothing that a requester put in the way of the admin's own statements (CVE-2018-1058)", async () => {
    const { handle } = await server.provider.grant(orderFor("BG-00000N"), patience());
    await server.admin.query(`
      CREATE SCHEMA trap;
      CREATE FUNCTION trap.hashtextextended(text, bigint) RETURNS bigint LANGUAGE plpgsql
        AS 'BEGIN CREATE TABLE trap.sprung (); RETURN 1; END';
      ALTER DATABASE postgres SET search_path = trap, pg_catalog`);
    await server.provider.revoke(handle, patience());
    await server.admin.query("ALTER DATABASE postgres RESET search_path");
    assert.deepEqual((await server.admin.query("SELECT to_regclass('trap.sprung') AS sprung")).rows, [
      { sprung: null },
    ]);
  });

  it("closes login and sessions even when it can't finish, and finishes at the next try", async () => {
    const { handle, credential } = await server.provider.grant(orderFor("BG-00000M"), patience());
    const session = await login(server.port, credential);
    await session.query("CREATE TABLE public.held (id int)");
    const holder = await lockedBy(server, "held");
    await failsWith("TARGET_TIMEOUT", () => server.provider.revoke(handle, AbortSignal.timeout(1_500)));
    assert.equal(await alive(session), false);
    assert.equal(await sqlState(login(server.port, credential)), "28P01");
    const { rows } = await server.admin.query("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'bg_00000m'");
    assert.deepEqual(rows, [{ rolcanlogin: false }]);
    await holder.end();
    await server.provider.revoke(handle, patience());
    assert.equal(await roles("bg_00000m"), 0);
  });
});
