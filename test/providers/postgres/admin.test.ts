import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { postgresKind } from "../../../src/providers/postgres/kind.ts";
import type { Health } from "../../../src/providers/provider.ts";
import { failsWith, patience } from "../contract.ts";
import { alive, lockedBy, login, orderFor, ordersServer, until, type OrdersServer } from "./server.ts";

describe("an admin who is not a superuser", () => {
  let server: OrdersServer;
  const urlOf = (name: string): string => server.url.replace(/\/\/.*@/, `//${name}:pw@`);
  const openAs = (name: string): typeof server.provider =>
    postgresKind.open(postgresKind.parseConnection({ url: urlOf(name) }));
  const healthOf = (name: string): Promise<Health> => openAs(name).check(patience());
  before(async () => {
    server = await ordersServer();
    await server.admin.query(`
      CREATE ROLE deputy LOGIN CREATEROLE PASSWORD 'pw';
      GRANT pg_signal_backend TO deputy;
      GRANT orders_writer TO deputy WITH ADMIN OPTION`);
  });
  after(() => server.stop());

  it("is well, and can give, take away, quarantine and roll back", async () => {
    assert.deepEqual(await healthOf("deputy"), { ok: true, problems: [] });
    const provider = openAs("deputy");
    const { handle, credential } = await provider.grant(orderFor("BG-00000A"), patience());
    const again = await provider.grant(orderFor("BG-00000A"), patience());
    assert.deepEqual(again.handle, handle);
    assert.ok(credential);
    const session = await login(server.port, again.credential);
    await session.query("CREATE TABLE public.rescue (id int)");
    await session.query("BEGIN; INSERT INTO orders VALUES (9); PREPARE TRANSACTION 'left'");
    assert.deepEqual(await provider.revoke(handle, patience()), [
      "role removed",
      "1 connection closed",
      "prepared transactions rolled back: 1",
      "what it made kept under bg_quarantine",
    ]);
    assert.equal(await alive(session), false);
    assert.deepEqual(await provider.list(patience()), []);
    const { rows } = await server.admin.query("SELECT tableowner FROM pg_tables WHERE tablename = 'rescue'");
    assert.deepEqual(rows, [{ tableowner: "bg_quarantine" }]);
    assert.deepEqual(await healthOf("deputy"), { ok: true, problems: [] });
  });

  it("sees and closes the session of a role that somebody dropped by hand", async () => {
    const provider = openAs("deputy");
    const { handle, credential } = await provider.grant(orderFor("BG-00000B"), patience());
    const session = await login(server.port, credential);
    await server.admin.query("DROP ROLE bg_00000b");
    assert.deepEqual(await provider.list(patience()), [{ name: `oid:${handle.ref ?? ""}`, ref: handle.ref }]);
    await provider.revoke(handle, patience());
    assert.equal(await alive(session), false);
  });

  it("is told what is missing to give a role", async () => {
    const refused = await failsWith("TARGET_REFUSED", () =>
      openAs("deputy").grant(orderFor("BG-00000C", "orders_reader"), patience()),
    );
    assert.match(`${refused.message} ${refused.next}`, /orders_reader.*ADMIN option/);
    assert.deepEqual(await openAs("deputy").list(patience()), []);
  });

  it("is told by check what to run, and is well once it has been run", async () => {
    await server.admin.query(`CREATE ROLE "new-bie" LOGIN PASSWORD 'pw'`);
    const { ok, problems } = await healthOf("new-bie");
    assert.equal(ok, false);
    assert.equal(problems.length, 4);
    for (const problem of problems) {
      const sql = /run (.+?)(?: as a superuser)?\.$/.exec(problem)?.[1] ?? assert.fail(problem);
      await server.admin.query(sql.replace("GRANT role ", "GRANT orders_reader "));
    }
    assert.deepEqual(await healthOf("new-bie"), { ok: true, problems: [] });
    const { handle } = await openAs("new-bie").grant(orderFor("BG-00000D", "orders_reader"), patience());
    await openAs("new-bie").revoke(handle, patience());
  });

  it("is told by check that its password is wrong, without repeating it", async () => {
    await server.admin.query("CREATE ROLE locked LOGIN PASSWORD 'other'");
    const { ok, problems } = await healthOf("locked");
    assert.equal(ok, false);
    assert.match(problems.join(" "), /password authentication failed.*See that user and password/);
    assert.equal(problems.join(" ").includes(urlOf("locked")), false);
  });
});

describe("a Postgres that fails", () => {
  it("is TARGET_UNREACHABLE when stopped, and TARGET_TIMEOUT when it stops in the middle", async () => {
    const server = await ordersServer();
    const provider = postgresKind.open(postgresKind.parseConnection({ url: server.url }));
    const { handle, credential } = await provider.grant(orderFor("BG-00000A"), patience());
    const session = await login(server.port, credential);
    await session.query("CREATE TABLE public.held (id int)");
    const holder = await lockedBy(server, "held");

    const cut = failsWith("TARGET_TIMEOUT", () => provider.revoke(handle, patience()));
    const waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'REASSIGN%'";
    await until(async () => (await server.admin.query(waiting)).rowCount === 1);
    await server.stop();
    await cut;
    const unreachable = await failsWith("TARGET_UNREACHABLE", () => provider.list(patience()));
    assert.equal(unreachable.message.includes(server.url), false);
    await holder.end();
  });

  it("lets go of what is under way when it is closed", async () => {
    const server = await ordersServer();
    await server.provider.close();
    await failsWith("TARGET_TIMEOUT", () => server.provider.list(patience()));
    await server.stop();
  });
});
