import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import express from "express";
import pg from "pg";
import { startOrdersDatabase, type OrdersDatabase } from "../../src/demo/orders-database.ts";
import { queryBox } from "../../src/demo/query-box.ts";
import { silent } from "../../src/log.ts";
import { postgresKind } from "../../src/providers/postgres/kind.ts";
import { inChromium, withoutChromium } from "./browser.ts";
import { onStage } from "./listening-bot.ts";

const soon = (): AbortSignal => AbortSignal.timeout(20_000);

describe("the orders database and its console", () => {
  let orders: OrdersDatabase;
  let dir: string;
  const app = express();
  const server = app.listen(0, "127.0.0.1");

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-orders-"));
    orders = await startOrdersDatabase({ dir, log: silent });
    app.use(queryBox(() => orders));
    if (!server.listening) await once(server, "listening");
  });
  after(async () => {
    server.close();
    server.closeAllConnections();
    await orders.stop();
    await rm(dir, { recursive: true, force: true });
  });

  /** Gives access as the bot would, works, and takes it away, which may be done twice. */
  async function granted(
    request: string,
    memberOf: string,
    work: (as: { user: string; password: string; connect: string }, end: () => Promise<unknown>) => Promise<void>,
  ): Promise<void> {
    const provider = postgresKind.open(postgresKind.parseConnection({ url: orders.adminUrl }));
    const role = postgresKind.parseRole({ memberOf: [memberOf] });
    const deadline = Date.now() + 600_000;
    const { handle, credential } = await provider.grant({ request, person: "alice", role, deadline }, soon());
    assert.ok(credential);
    const { user, password, connect = "" } = credential;
    try {
      await work({ user, password: password.reveal(), connect }, () => provider.revoke(handle, soon()));
    } finally {
      await provider.revoke(handle, soon());
      assert.deepEqual(await provider.list(soon()), []);
      await provider.close();
    }
  }

  async function post(path: string, body: unknown): Promise<Record<string, unknown>> {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return (await response.json()) as Record<string, unknown>;
  }

  it("gives the bot's admin what it needs, and not the orders", async () => {
    const provider = postgresKind.open(postgresKind.parseConnection({ url: orders.adminUrl }));
    assert.deepEqual(await provider.check(soon()), { ok: true, problems: [] });
    await provider.close();
    const client = new pg.Client({ connectionString: orders.adminUrl });
    await client.connect();
    const { rows } = await client.query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user");
    assert.deepEqual(rows, [{ rolsuper: false }]);
    await assert.rejects(client.query("SELECT * FROM orders"), /permission denied/);
    await client.end();
  });

  it("lets a reader see the incident, and change nothing", async () => {
    await granted("BG-7K3M2Q", "orders_reader", async ({ user, password }) => {
      const query = (sql: string): Promise<Record<string, unknown>> => post("/demo/query", { user, password, sql });
      const stuck = await query("SELECT status, count(*) FROM orders WHERE status = 'stuck' GROUP BY status");
      assert.deepEqual([stuck["columns"], stuck["rows"]], [["status", "count"], [["stuck", "97"]]]);
      const all = await query("SELECT id, NULL AS nothing FROM orders");
      assert.equal(all["rowCount"], 612);
      assert.equal((all["rows"] as unknown[]).length, 50);
      assert.deepEqual((all["rows"] as unknown[])[0], ["1", null]);
      const refused = await query("UPDATE orders SET status = 'queued'");
      assert.deepEqual([refused["code"], refused["ended"]], ["42501", false]);
      assert.deepEqual((await query("SELECT 1; SELECT 2 AS two"))["rows"], [["2"]]);
    });
  });

  it("keeps one session between queries, and never lends it to another password", async () => {
    await granted("BG-7K3M2R", "orders_reader", async ({ user, password }) => {
      const sql = "SELECT pg_backend_pid()";
      const first = await post("/demo/query", { user, password, sql });
      assert.deepEqual((await post("/demo/query", { user, password, sql }))["rows"], first["rows"]);
      const stranger = await post("/demo/query", { user, password: "guessed", sql });
      assert.deepEqual([stranger["rows"], stranger["code"], stranger["ended"]], [undefined, "28P01", false]);
      assert.deepEqual(await post("/demo/disconnect", { user }), { session: "none" });
      assert.notDeepEqual((await post("/demo/query", { user, password, sql }))["rows"], first["rows"]);
    });
  });

  it("says that access has ended, on the live session and on every try after it", async () => {
    await granted("BG-7K3M2S", "orders_writer", async ({ user, password }, end) => {
      const sql = "UPDATE orders SET status = status WHERE status = 'stuck'";
      assert.deepEqual((await post("/demo/query", { user, password, sql }))["rowCount"], 97);
      assert.deepEqual(await post("/demo/session", { user }), { session: "open" });
      await end();
      assert.deepEqual(await post("/demo/session", { user }), { session: "ended" });
      for (const attempt of [1, 2])
        assert.equal((await post("/demo/query", { user, password, sql }))["ended"], true, `attempt ${attempt}`);
    });
  });

  it("answers a malformed call with a reason", async () => {
    assert.match(String((await post("/demo/query", { user: "x" }))["error"]), /password.*sql/);
  });

  it(
    "fills the page's console from the direct message, and shows the session die",
    { skip: withoutChromium },
    async () => {
      await granted("BG-7K3M2T", "orders_writer", async ({ user, password, connect }, end) => {
        await onStage(
          async ({ slack, client }) => {
            const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text } }) as const;
            const lines = [`User: \`${user}\``, `Connect: \`${connect}\``];
            const blocks = lines.map(section);
            await client.chat.postMessage({
              channel: slack.workspace.dm("U0ALICE").id,
              text: lines.join("\n"),
              blocks,
            });
            await inChromium(`${slack.url}/#U0ALICE/C0INCIDENTS`, async (page) => {
              await page.getByRole("button", { name: "orders-db console" }).click();
              const box = page.getByRole("tabpanel", { name: "orders-db console" });
              await box.getByText(connect).waitFor();
              assert.equal(await box.getByLabel("User").inputValue(), user);
              await box.getByLabel("Password").fill(password);
              await box.getByRole("button", { name: "Free stuck orders" }).click();
              await box.getByRole("button", { name: "Run" }).click();
              await box.getByText(/UPDATE · 97 rows/).waitFor();
              await box.getByText(`Live session as ${user}`).waitFor();
              await end();
              await box.getByText("The database closed the session: access has ended.").waitFor();
              await page.getByRole("radio", { name: "Bob" }).check();
              await page.getByRole("button", { name: "approvals" }).waitFor();
              await page.getByRole("button", { name: "orders-db console" }).click();
              assert.equal(await page.getByLabel("Password").inputValue(), "");
            });
          },
          (app) => app.use(queryBox(() => orders)),
        );
      });
    },
  );
});
