import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Log } from "../../../src/log.ts";
import { silent } from "../../../src/log.ts";
import { scramVerifier } from "../../../src/providers/postgres/scram-verifier.ts";
import { failsWith, patience } from "../contract.ts";
import { login, orderFor, ordersServer, sqlState, type OrdersServer } from "./server.ts";

const lines: string[] = [];
const log: Log = { ...silent, debug: (_message, fields) => void lines.push(String(fields?.["line"])) };

describe("what a Postgres grant gives", () => {
  let server: OrdersServer;
  before(async () => {
    server = await ordersServer({ log });
  });
  after(() => server.stop());

  it("gives the powers of its roles and no others", async () => {
    const { credential } = await server.provider.grant(orderFor("BG-00000A", "orders_reader"), patience());
    const client = await login(server.port, credential);
    assert.equal((await client.query("SELECT * FROM orders")).rowCount, 1);
    assert.equal(await sqlState(client.query("DELETE FROM orders")), "42501");
    assert.equal(await sqlState(client.query("CREATE ROLE mallory")), "42501");
    assert.equal(await sqlState(client.query("SET ROLE orders_writer")), "42501");
    await client.end();
  });

  it("sets the server's own expiry, the connection limit, and a comment that says whose it is", async () => {
    const order = { ...orderFor("BG-00000B"), person: 'o\'hara \\ "x"', deadline: Date.UTC(2031, 0, 2, 3, 4, 5) };
    order.role.connectionLimit = 2;
    const { credential, handle } = await server.provider.grant(order, patience());
    const { rows } = await server.admin.query<{ until: Date; comment: string; oid: string }>(
      `SELECT rolvaliduntil AS until, shobj_description(oid, 'pg_authid') AS comment, oid::text
       FROM pg_roles WHERE rolname = 'bg_00000b'`,
    );
    assert.deepEqual(rows, [
      {
        until: new Date(Date.UTC(2031, 0, 2, 3, 5, 5)),
        comment: 'breakglass BG-00000B for o\'hara \\ "x" until 2031-01-02T03:04:05.000Z',
        oid: handle.ref,
      },
    ]);
    const held = [await login(server.port, credential), await login(server.port, credential)];
    assert.equal(await sqlState(login(server.port, credential)), "53300");
    for (const client of held) await client.end();
  });

  it("is cut off from new logins by the server alone once that expiry has passed", async () => {
    const past = { ...orderFor("BG-00000C"), deadline: Date.now() - 61_000 };
    const { credential } = await server.provider.grant(past, patience());
    assert.equal(await sqlState(login(server.port, credential)), "28P01");
  });

  it("brings an existing role of ours to what the order says", async () => {
    await server.provider.grant(orderFor("BG-00000D", "orders_writer"), patience());
    await server.admin.query("ALTER ROLE bg_00000d CREATEDB SUPERUSER");
    const { credential } = await server.provider.grant(orderFor("BG-00000D", "orders_reader"), patience());
    const client = await login(server.port, credential);
    assert.equal(await sqlState(client.query("DELETE FROM orders")), "42501");
    assert.equal(await sqlState(client.query("CREATE DATABASE mine")), "42501");
    await client.end();
  });

  it("removes a membership that somebody else granted", async () => {
    await server.provider.grant(orderFor("BG-00000E", "orders_reader"), patience());
    await server.admin.query(`
      CREATE ROLE deputy; GRANT orders_writer TO deputy WITH ADMIN OPTION;
      SET ROLE deputy; GRANT orders_writer TO bg_00000e; RESET ROLE`);
    await server.provider.grant(orderFor("BG-00000E", "orders_reader"), patience());
    const { rows } = await server.admin.query("SELECT pg_has_role('bg_00000e', 'orders_writer', 'MEMBER') AS still");
    assert.deepEqual(rows, [{ still: false }]);
  });

  it("refuses a role that isn't there, names it, and leaves nothing behind", async () => {
    const order = orderFor("BG-00000F", "orders_reader", 'no "such', "nor_this");
    const refused = await failsWith("TARGET_REFUSED", () => server.provider.grant(order, patience()));
    assert.match(refused.message, /no "such.*nor_this/);
    assert.equal((await server.admin.query("SELECT FROM pg_roles WHERE rolname = 'bg_00000f'")).rowCount, 0);
  });

  it("takes names with quotes in them as names", async () => {
    await server.admin.query(`CREATE ROLE "we""ird'; DROP TABLE orders; --"`);
    await server.provider.grant(orderFor("BG-00000G", `we"ird'; DROP TABLE orders; --`), patience());
    assert.equal((await server.admin.query("SELECT * FROM orders")).rowCount, 1);
  });

  it("does not take over a role that has the form of our names but is somebody's own", async () => {
    await server.admin.query("CREATE ROLE bg_reader LOGIN PASSWORD 'theirs'");
    await failsWith("TARGET_REFUSED", () => server.provider.grant(orderFor("BG-READER"), patience()));
    await failsWith("TARGET_REFUSED", () =>
      server.provider.revoke({ request: "BG-READER", name: "bg_reader" }, patience()),
    );
    assert.deepEqual(
      (await server.provider.list(patience())).filter(({ name }) => name === "bg_reader"),
      [],
    );
    assert.equal(
      (await server.admin.query("SELECT FROM pg_roles WHERE rolname = 'bg_reader' AND rolcanlogin")).rowCount,
      1,
    );
  });

  it("serves many at once", async () => {
    const requests = Array.from({ length: 8 }, (_, index) => `BG-00001${index}`);
    const granted = await Promise.all(
      requests.map((request) => server.provider.grant(orderFor(request, "orders_writer", "orders_reader"), patience())),
    );
    const same = await Promise.all([1, 2, 3].map(() => server.provider.grant(orderFor("BG-000010"), patience())));
    assert.equal(new Set([...granted, ...same].map(({ handle }) => handle.ref)).size, requests.length);
    await Promise.all(granted.map(({ handle }) => server.provider.revoke(handle, patience())));
  });

  it("never lets the server's log hold the password, though it logs every statement", async () => {
    await server.admin.query("ALTER SYSTEM SET log_statement = 'all'");
    await server.admin.query("SELECT pg_reload_conf()");
    const first = await server.provider.grant(orderFor("BG-00002A"), patience());
    const again = await server.provider.grant(orderFor("BG-00002A"), patience());
    await server.provider.revoke(again.handle, patience());
    const written = lines.join("\n");
    assert.match(written, /ALTER ROLE "bg_00002a".*SCRAM-SHA-256/);
    for (const { credential } of [first, again])
      assert.equal(written.includes(credential?.password.reveal() ?? assert.fail("no credential")), false);
  });
});

describe("scramVerifier", () => {
  it("computes RFC 7677's example", () => {
    assert.equal(
      scramVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64")),
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    );
  });
});
