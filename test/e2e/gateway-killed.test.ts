import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { z } from "zod";
import { readConfig } from "../../src/config.ts";
import { silent } from "../../src/log.ts";
import { start, type Running } from "../../src/main.ts";
import { findRecordings, readRecording } from "../../src/recording/read-recording.ts";
import { recordingsPath } from "../../src/recording/recordings.ts";
import { ALICE, INC_42 } from "../support/acme.ts";
import { ask } from "../support/ask.ts";
import { openCredential } from "../support/credential.ts";
import { postgres } from "../support/postgres.ts";
import { sourceArguments } from "../support/source-arguments.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const SESSIONS = 10;

const TARGETS = `
  orders-db:
    title: Orders database
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    gateway: true
    roles:
      writer:
        grant: { memberOf: [orders_writer], connectionLimit: ${SESSIONS} }
        requesters: [sre]
        approval: automatic
        duration: { default: 15m, max: 30m }
`;

describe("a gateway that is killed while ten sessions run", () => {
  let database: Awaited<ReturnType<typeof postgres>>;
  let admin: pg.Client;
  let stage: Stage;
  let again: Running | undefined;

  before(async () => {
    database = await postgres();
    admin = new pg.Client(database.url);
    await admin.connect();
    await admin.query("CREATE ROLE orders_writer; CREATE TABLE runs (nth int); GRANT INSERT ON runs TO orders_writer");
    const env = { ORDERS_DB_ADMIN_URL: database.url, GATEWAY_PORT: "0" };
    stage = await openStage({ targets: TARGETS, env, slack: UNHURRIED });
  });
  after(async () => {
    await again?.stop();
    await stage.stop();
    await admin.end();
    await database.stop();
  });

  it("takes them along, and loses nothing that was run: its next start tells the rest", async () => {
    const id = await ask(stage, ALICE, "orders-db writer 10m INC-42 orders stuck");
    await stage.line(INC_42, id, /^Access is on/);
    const { user, password } = await openCredential(stage, ALICE, id);
    const env = {
      ...{ ROLE: "gateway", GATEWAY_PORT: "0", GATEWAY_PUBLIC_ADDRESS: "127.0.0.1", PORT: "0" },
      ...{ REDIS_URL: stage.redis.url, POLICY_FILE: join(stage.dir, "policy.yaml") },
      ...{ DATA_DIR: join(stage.dir, "lone"), VAULT_KEY_FILE: join(stage.dir, "data", "vault.key") },
    };
    const [script = "", ...rest] = sourceArguments(
      join(import.meta.dirname, "../support/gateway-child.ts"),
    ).toReversed();
    const child = fork(script, { execArgv: rest.toReversed(), env: { ...process.env, ...env } });
    const [{ port }] = z.tuple([z.object({ port: z.int() })], z.unknown()).parse(await once(child, "message"));

    /** What the target has said that it did. */
    const done: number[] = [];
    const closed = Array.from({ length: SESSIONS }, async (_, session) => {
      const client = new pg.Client({ host: "127.0.0.1", port, database: "postgres", user, password });
      client.on("error", () => undefined);
      await client.connect();
      for (let nth = session; ; nth += SESSIONS) {
        try {
          await client.query("INSERT INTO runs VALUES ($1)", [nth]);
          done.push(nth);
        } catch {
          return;
        }
      }
    });
    await until(() => (done.length > 500 ? true : undefined), "enough statements");
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
    await Promise.all(closed);
    await until(async () => {
      const { rowCount } = await admin.query("SELECT FROM pg_stat_activity WHERE usename = $1", [user]);
      return rowCount === 0 ? true : undefined;
    }, "the end of the sessions at the target");

    const folder = recordingsPath(join(stage.dir, "lone"));
    const recorded = new Set<string | null | undefined>();
    for (const { name } of await findRecordings(folder, id))
      for await (const line of readRecording(folder, name)) if ("sql" in line) recorded.add(line.parameters?.[0]);
    // Whatever the target did, whether or not anybody heard of it, was recorded before.
    const { rows } = await admin.query<{ nth: number }>("SELECT nth FROM runs");
    assert.ok(rows.length >= done.length);
    assert.deepEqual(
      rows.filter(({ nth }) => !recorded.has(String(nth))),
      [],
    );

    again = await start(readConfig(env), env, { log: silent });
    const total = () =>
      stage
        .thread(INC_42, id)
        .flatMap((line) => /ran (\d+) statements?/.exec(line)?.[1] ?? [])
        .reduce((sum, count) => sum + Number(count), 0);
    await until(
      () => (total() >= recorded.size ? true : undefined),
      "the rest",
      () => stage.thread(INC_42, id).join("\n"),
    );
    await setTimeout(1_500);
    assert.equal(total(), recorded.size);
  });
});
