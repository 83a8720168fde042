import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Observe } from "../../src/app/observe.ts";
import type { Connection } from "../../src/connection.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { Recordings } from "../../src/recording/recordings.ts";
import { statement } from "../recording/statement.ts";
import { ALICE, APPROVALS, CAROL, INCIDENTS } from "../support/acme.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { idIn, openStage, type Stage } from "../support/stage.ts";

describe("P8: what is run under a grant, in its thread", () => {
  let stage: Stage;
  let target: CommandTarget;
  let id: string;
  const open: Observe[] = [];
  const connections: Connection[] = [];

  before(async () => {
    target = await commandTarget();
    stage = await openStage({
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
  });
  after(async () => {
    for (const each of open) await each.stop();
    for (const each of connections) each.disconnect();
    await stage.stop();
    await target.remove();
  });

  /** As a process with a gateway has it: recordings of its own, and what enters them, on the same Redis. */
  function gateway(mark: string, dataDir: string) {
    const redis = connectRedis(stage.redis.url, { role: "commands", log: silent });
    connections.push(redis);
    const now = () => Date.now();
    const recordings = new Recordings(dataDir, mark, now);
    const ledger = new Ledger(redis, () => "AAAAAAAAAAAAAAAAAAAAAA");
    const observe = new Observe({
      ledger,
      recordings,
      live: () => ({ has: () => true }),
      recorded: () => undefined,
      now,
      log: silent,
    });
    open.push(observe);
    return { recordings, observe };
  }

  it("stands there within five seconds, with nothing that chat could read as its own", async () => {
    const { workspace } = stage.slack;
    await workspace.as(ALICE).command("/breakglass", "admin-tool support 2m INC-42 orders stuck");
    id = idIn(stage.readable(await stage.ephemeral(ALICE, /waiting for approval/)));
    await workspace.as(CAROL).click(await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INCIDENTS, id, /Access is on/);

    const { recordings, observe } = gateway("gw", join(stage.dir, "gateway"));
    await observe.start();
    const recording = recordings.of({ request: id, target: "admin-tool", by: "gateway", mask: ["email"] });
    const began = Date.now();
    for (let n = 0; n < 5; n += 1)
      recording.end(recording.begin(statement("SELECT 1", { at: Date.now() })), { ms: 1, rows: 1 });
    const hostile = "UPDATE orders SET note = '<!channel> `*_~ <https://evil.test|x> \u202e ```', email = 'a@b.test'";
    recording.end(recording.begin(statement(hostile, { at: Date.now() })), { ms: 3, rows: 97, command: "UPDATE 97" });
    recording.end(recording.begin(statement("DELETE FROM x -- <!here> `*<@U0CAROL>\u202e```")), { ms: 3, rows: 1 });
    await stage.line(INCIDENTS, id, /Alice Ng ran 7 statements: 5 SELECT, 1 UPDATE of 97 rows in orders, 1 DELETE/);
    assert.ok(Date.now() - began < 5_000, `${Date.now() - began} ms`);

    const message = await stage.message(INCIDENTS, /ran 7 statements/);
    const sent = JSON.stringify(message);
    assert.match(sent, /SET note = '\*\*\*', email = '\*\*\*'/);
    assert.doesNotMatch(sent, /<!(?!date)|<@U0CAROL|\u202e|```|a@b\.test/);
    assert.match(sent, /&lt;!here&gt; ˋ\*&lt;@U0CAROL&gt;ˋˋˋ/);
  });

  it("is told by the worker's own next start when the process that recorded it died", async () => {
    const { recordings } = gateway("dead", join(stage.dir, "data"));
    open.pop();
    const recording = recordings.of({ request: id, target: "admin-tool", by: "gateway", mask: [] });
    recording.end(recording.begin(statement("INSERT INTO late VALUES (1)", { at: Date.now() })), { ms: 1, rows: 3 });
    await stage.bot.stop();
    await stage.startAgain();
    await stage.line(INCIDENTS, id, /ran 1 statement: 1 INSERT of 3 rows in late\./);
  });
});
