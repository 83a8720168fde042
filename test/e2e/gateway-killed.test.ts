import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import type { Connection } from "../../src/connection.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { checkRecording, findRecordings, readRecording } from "../../src/recording/read-recording.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { quietPort } from "../../src/redis/quiet-port.ts";
import { programArguments } from "../cli/program.ts";
import { ALICE, APPROVALS, CAROL, INC_42, NO_RULES } from "../support/acme.ts";
import { openCredential } from "../support/credential.ts";
import { postgres } from "../support/postgres.ts";
import { idIn, openStage, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const SESSIONS = 10;
const TARGETS = `
  orders-db:
    title: Orders database (production)
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    gateway: true
    roles:
      writer:
        grant: { memberOf: [orders_writer], connectionLimit: 20 }
        requesters: [sre]
        approval: { quorum: 1, approvers: [leads] }
        duration: { default: 15m, max: 30m }
`;

describe("a session gateway that is killed while ten sessions run", () => {
  let database: Awaited<ReturnType<typeof postgres>>;
  let stage: Stage;
  let redis: Connection;
  let gateway: ChildProcess;
  let port = 0;
  const dataDir = () => join(stage.dir, "gateway");

  before(async () => {
    database = await postgres();
    const admin = new pg.Client(database.url);
    await admin.connect();
    await admin.query("CREATE ROLE orders_writer");
    await admin.end();
    port = await quietPort();
    stage = await openStage({ targets: TARGETS, env: { ORDERS_DB_ADMIN_URL: database.url, GATEWAY_PORT: "0" } });
    redis = connectRedis(stage.redis.url, { role: "commands", log: silent });
    await startGateway();
  });
  after(async () => {
    gateway.kill("SIGKILL");
    redis.disconnect();
    await stage.stop();
    await database.stop();
  });

  async function startGateway(): Promise<void> {
    const env = {
      ...{
        PATH: process.env["PATH"] ?? "",
        ROLE: "gateway",
        REDIS_URL: stage.redis.url,
        DATA_DIR: dataDir(),
        PORT: "0",
      },
      ...{ POLICY_FILE: join(stage.dir, "policy.yaml"), VAULT_KEY_FILE: join(stage.dir, "data/vault.key") },
      ...{
        GATEWAY_PORT: String(port),
        ANOMALY_RULES: NO_RULES,
        ORDERS_DB_ADMIN_URL: "postgres://nobody@127.0.0.1:1/none",
      },
    };
    let said = "";
    gateway = spawn(process.execPath, [...(await programArguments()), "serve"], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [gateway.stdout, gateway.stderr])
      stream?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await until(
      () => (said.includes("Session gateway: 127.0.0.1") ? true : undefined),
      "a gateway",
      () => said,
    );
  }

  it("has lost nothing that anybody was answered, and the next one tells all of it once", async () => {
    const alice = stage.slack.workspace.as(ALICE);
    await alice.command("/breakglass", "orders-db writer 5m INC-42 orders stuck", { channel: INC_42 });
    const id = idIn(stage.readable(await stage.ephemeral(ALICE, /waiting for approval/)));
    await stage.slack.workspace.as(CAROL).click(await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INC_42, id, /Access is on/);
    const { user, password } = await openCredential(stage, ALICE, id);

    const answered: string[] = [];
    const sessions = Array.from({ length: SESSIONS }, async (_, session) => {
      const client = new pg.Client({ host: "127.0.0.1", port, database: "postgres", user, password });
      client.on("error", () => undefined);
      await client.connect();
      for (let n = 0; ; n += 1) {
        const mark = `s${session}n${n}`;
        if (
          !(await client.query(`SELECT '${mark}'`).then(
            () => true,
            () => false,
          ))
        )
          return;
        answered.push(mark);
      }
    });
    await until(
      () => (answered.length > 2_000 ? true : undefined),
      "enough statements",
      () => String(answered.length),
    );
    const gone = once(gateway, "exit");
    gateway.kill("SIGKILL");
    await gone;
    await Promise.all(sessions);

    const folder = join(dataDir(), "recordings");
    const [file, ...others] = await findRecordings(folder, id);
    assert.ok(file, "no recording");
    assert.deepEqual(others, []);
    const begun = new Set<string>();
    let statements = 0;
    for await (const line of readRecording(folder, file.name)) {
      if (!("n" in line)) continue;
      statements += 1;
      begun.add(/'(s\d+n\d+)'/.exec(line.sql)?.[1] ?? "");
    }
    const lost = answered.filter((mark) => !begun.has(mark));
    assert.deepEqual(lost, []);

    await startGateway();
    const ledger = new Ledger(redis, () => "AAAAAAAAAAAAAAAAAAAAAA");
    const observed = await until(async () => {
      const found = (await ledger.load(id))?.state.observed;
      return found?.statements === statements ? found : undefined;
    }, `${statements} statements in the ledger`);
    assert.deepEqual((await checkRecording(folder, file.name, observed.recordings)).problem, undefined);
    const told = () =>
      stage
        .thread(INC_42, id)
        .reduce((sum, line) => sum + Number(/Alice Ng ran (\d+) statements?:/.exec(line)?.[1] ?? 0), 0);
    await until(
      () => (told() === statements ? true : undefined),
      "the thread",
      () => `${told()} of ${statements}`,
    );
  });
});
