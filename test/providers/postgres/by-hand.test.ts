import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { byHand } from "../../../src/providers/postgres/by-hand.ts";
import { readServerAddress } from "../../../src/providers/postgres/server-address.ts";
import { patience } from "../contract.ts";
import { alive, login, orderFor, ordersServer, type OrdersServer } from "./server.ts";

const run = promisify(execFile);
const noPsql = spawnSync("psql", ["--version"]).error === undefined ? false : "psql is not installed";

describe("revoking by hand", () => {
  it("lists the steps in the order that leaves no gap, for the right role, without the password", () => {
    const address = readServerAddress("postgres://ad%20min:s3cret@db:5433/orders?sslmode=require");
    const lines = byHand(address, { request: "BG-7K3M2Q", name: "bg_7k3m2q", ref: "16403" }, "it's quarantine");
    assert.deepEqual(lines, [
      "export PGHOST=db PGPORT=5433 PGUSER='ad min' PGDATABASE=orders PGSSLMODE=require",
      `psql -c 'ALTER ROLE "bg_7k3m2q" NOLOGIN PASSWORD NULL'`,
      `psql -c 'SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = 16403 OR usename = '\\''bg_7k3m2q'\\'''`,
      `psql -c 'DO $$BEGIN IF to_regrole('\\''"it'\\'''\\''s quarantine"'\\'') IS NULL THEN CREATE ROLE "it'\\''s quarantine" NOLOGIN; END IF; END$$'`,
      `psql -Atc 'SELECT datname FROM pg_database WHERE datallowconn' | while read -r PGDATABASE; do export PGDATABASE; ` +
        `psql -Atc 'SELECT format('\\''ROLLBACK PREPARED %L'\\'', gid) FROM pg_prepared_xacts WHERE owner = '\\''bg_7k3m2q'\\'' AND database = current_database()' | psql; ` +
        `psql -c 'REASSIGN OWNED BY "bg_7k3m2q" TO "it'\\''s quarantine"; DROP OWNED BY "bg_7k3m2q"' </dev/null; done`,
      `psql -c 'DROP ROLE "bg_7k3m2q"'`,
      `psql -c 'SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = 16403 OR usename = '\\''bg_7k3m2q'\\'''`,
    ]);
  });

  it("needs only the sessions ended when the role is gone", () => {
    const address = readServerAddress("postgres://admin@db/orders");
    assert.deepEqual(byHand(address, { name: "oid:16403", ref: "16403" }, "bg_quarantine").slice(1), [
      "psql -c 'SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = 16403'",
    ]);
  });

  describe("with psql", { skip: noPsql }, () => {
    let server: OrdersServer;
    before(async () => {
      server = await ordersServer();
    });
    after(() => server.stop());

    it("does what revoke does", async () => {
      await server.admin.query("CREATE DATABASE second");
      const { handle, credential } = await server.provider.grant(orderFor("BG-00000A"), patience());
      await server.admin.query("GRANT CREATE ON DATABASE second TO bg_00000a");
      const session = await login(server.port, credential, "second");
      await session.query("CREATE SCHEMA saved");
      const here = await login(server.port, credential);
      await here.query("BEGIN; INSERT INTO orders VALUES (9); PREPARE TRANSACTION 'left'");

      const env = { PATH: process.env["PATH"], PGPASSWORD: new URL(server.url).password };
      await run("sh", ["-ec", server.provider.byHand(handle).join("\n")], { env });
      assert.equal(await alive(session), false);
      assert.deepEqual(await server.provider.list(patience()), []);
      assert.equal((await server.admin.query("SELECT FROM pg_prepared_xacts")).rowCount, 0);
      const { rows } = await server.admin.query("SELECT rolname FROM pg_roles WHERE rolname ~ '^bg_'");
      assert.deepEqual(rows, [{ rolname: "bg_quarantine" }]);
    });
  });
});
