import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Client } from "pg";
import type { Activity } from "../../../src/domain/activity.ts";
import { csvRecords } from "../../../src/providers/postgres/csv.ts";
import { activityIn } from "../../../src/providers/postgres/log-activity.ts";
import { logLines } from "../../../src/providers/postgres/log-lines.ts";
import { postgresKind } from "../../../src/providers/postgres/kind.ts";
import type { ActivityCursor, Handle, Provider, SeenUnder } from "../../../src/providers/provider.ts";
import type { PostgresRole } from "../../../src/providers/postgres/settings.ts";
import { loggingPostgres } from "../../support/logging-postgres.ts";
import { until } from "../../support/until.ts";
import { patience } from "../contract.ts";
import { login, orderFor, ordersServer, type OrdersServer } from "./server.ts";

/** Asks on and on, as a worker does. */
class Asking {
  readonly all = new Map<string, Activity>();
  by: SeenUnder["by"] | undefined;
  #cursor: ActivityCursor;
  readonly #provider: Provider<PostgresRole>;
  readonly #handle: Handle;

  constructor(provider: Provider<PostgresRole>, handle: Handle, since: number) {
    this.#provider = provider;
    this.#handle = handle;
    this.#cursor = { since };
  }

  async ask(): Promise<void> {
    const seen = await this.#provider.activity?.(this.#handle, this.#cursor, patience());
    assert.ok(seen);
    this.by = seen.by;
    this.#cursor = seen.cursor;
    for (const { key, ...each } of seen.activity) this.all.set(key, each);
  }

  async find(sql: RegExp, isEnded = false): Promise<Activity> {
    return await until(
      async () => {
        await this.ask();
        return [...this.all.values()].find((each) => sql.test(each.sql) && (!isEnded || each.ended !== undefined));
      },
      String(sql),
      () => [...this.all.values()].map(({ sql: seen }) => seen).join("\n"),
    );
  }
}

for (const format of ["jsonlog", "csvlog"] as const) {
  describe(`what a Postgres says was run, by its own log (${format})`, () => {
    let server: Awaited<ReturnType<typeof loggingPostgres>>;
    let provider: Provider<PostgresRole>;

    before(async () => {
      server = await loggingPostgres({ log_destination: format, log_statement: "all", log_duration: "on" });
      const admin = new Client(server.url);
      await admin.connect();
      await admin.query(
        "CREATE TABLE orders (id int, status text); CREATE ROLE orders_writer; GRANT ALL ON orders TO orders_writer",
      );
      await admin.end();
      provider = postgresKind.open(postgresKind.parseConnection({ url: server.url }));
    });
    after(async () => {
      await provider.close();
      await server.stop();
    });

    it("has every statement of this role and no other, with values, errors and how long it took", async () => {
      const began = Date.now();
      const { handle, credential } = await provider.grant(orderFor("BG-00000A"), patience());
      const session = await login(server.port, credential);
      await session.query("SELECT 'a\n\"quoted\",\n' AS x");
      await session.query("UPDATE orders SET status = $1 WHERE id = $2", ["it's", null]);
      await session.query("SELECT * FROM nowhere").catch(() => undefined);
      const asking = new Asking(provider, handle, began);
      const update = await asking.find(/^UPDATE/, true);
      assert.equal(asking.by, "log");
      assert.deepEqual(update.parameters, ["it's", null]);
      assert.equal(update.from, "127.0.0.1");
      assert.ok(update.at >= began - 1 && update.at <= Date.now());
      assert.ok((update.ended?.ms ?? -1) >= 0);
      assert.equal((await asking.find(/nowhere/, true)).ended?.error?.code, "42P01");
      await asking.find(/^SELECT 'a\n"quoted",\n' AS x$/);
      const { size } = asking.all;
      await asking.ask();
      assert.equal(asking.all.size, size);
      assert.ok([...asking.all.values()].every(({ sql }) => !/pg_read_binary_file|ROLE/.test(sql)));
      await session.query("SELECT 'later'");
      await asking.find(/later/);
      const fresh = new Asking(provider, handle, Date.now() + 60_000);
      await fresh.ask();
      assert.equal(fresh.all.size, 0);
      await session.end();
      await provider.revoke(handle, patience());
    });

    it("goes on in the next file when the server begins one", async () => {
      const { handle, credential } = await provider.grant(orderFor("BG-00000B"), patience());
      const session = await login(server.port, credential);
      const asking = new Asking(provider, handle, Date.now() - 1_000);
      await session.query("SELECT 'before'");
      await asking.find(/before/);
      const admin = new Client(server.url);
      await admin.connect();
      await session.query("SELECT 'between'");
      // A file's name has the second in it.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      await admin.query("SELECT pg_rotate_logfile()");
      await until(async () => {
        const { rows } = await admin.query<{ n: string }>(
          "SELECT count(*) AS n FROM pg_ls_logdir() WHERE name ~ '(json|csv)$'",
        );
        return Number(rows[0]?.n) > 1 ? true : undefined;
      }, "the next file");
      await session.query("SELECT 'after'");
      await asking.find(/between/);
      await asking.find(/after/);
      await admin.end();
      await session.end();
      await provider.revoke(handle, patience());
    });
  });
}

describe("what a Postgres says is run, without a log that can be read", () => {
  let server: OrdersServer;

  before(async () => {
    server = await ordersServer();
  });
  after(() => server.stop());

  it("is what runs when it is looked at, and what each session ran last", async () => {
    const began = Date.now();
    const { handle, credential } = await server.provider.grant(orderFor("BG-00000C"), patience());
    const session = await login(server.port, credential);
    const other = await login(server.port, credential);
    await session.query("UPDATE orders SET id = 2");
    const sleeping = other.query("SELECT pg_sleep(2), 'long'");
    const asking = new Asking(server.provider, handle, began);
    const update = await asking.find(/^UPDATE/, true);
    assert.equal(asking.by, "sample");
    assert.ok((update.ended?.ms ?? -1) >= 0);
    assert.equal((await asking.find(/long/)).ended, undefined);
    await sleeping;
    assert.ok(((await asking.find(/long/, true)).ended?.ms ?? 0) >= 2_000);
    await session.query(`SELECT '${"x".repeat(5_000)}'`);
    assert.ok(((await asking.find(/xxx/)).cutFrom ?? 0) > 1_000);
    for (const each of [session, other]) await each.end();
    await server.provider.revoke(handle, patience());
  });
});

describe("lines of a Postgres log", () => {
  it("are read as far as they are whole, and what is no line is passed over", () => {
    const part = Buffer.from('{"message":"statement: SELECT 1","user":"bg_a"}\nnot json\n{"message":"statem');
    const { lines, bytes } = logLines(part, "jsonlog");
    assert.deepEqual(
      lines.map(({ message }) => message),
      ["statement: SELECT 1"],
    );
    assert.equal(part.subarray(bytes).toString(), '{"message":"statem');
    assert.deepEqual(csvRecords('a,"b ""c""\nd",\ne,f'), { records: [["a", 'b "c"\nd', ""]], length: 15 });
    assert.deepEqual(csvRecords('"open'), { records: [], length: 0 });
  });

  it("of pgaudit count once a statement, and not beside the log's own", () => {
    const audit = (nth: number, object: string) => ({
      ...{
        time: "",
        user: "bg_a",
        session: "s",
        nth: String(nth),
        from: "10.0.0.7",
        severity: "LOG",
        sqlState: "",
        detail: "",
        statement: "",
        at: 5,
      },
      message: `AUDIT: SESSION,1,1,WRITE,UPDATE,TABLE,${object},"UPDATE orders SET a = 'x, ""y""'",<none>`,
    });
    const lines = [audit(1, "public.orders"), audit(2, "public.lines")];
    const found = activityIn(lines, new Map(), false);
    assert.deepEqual(
      found.map(({ sql }) => sql),
      [`UPDATE orders SET a = 'x, "y"'`],
    );
    assert.deepEqual(activityIn(lines, new Map(), true), []);
  });
});
