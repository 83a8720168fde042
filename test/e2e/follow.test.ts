import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { readConfig } from "../../src/config.ts";
import { silent } from "../../src/log.ts";
import { start, type Running } from "../../src/main.ts";
import { ALICE, BOB, NO_RULES } from "../support/acme.ts";
import { ask } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";

describe("P5: another worker's mirror", () => {
  let target: CommandTarget;
  let stage: Stage;
  let dir: string;
  let other: Running;
  before(async () => {
    target = await commandTarget();
    const role = (name: string) => `
      ${name}:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 10m, max: 10m }`;
    const targets = `
  db:
    title: Orders database
    ${target.yaml}
    roles:${role("reader")}${role("writer")}${role("owner")}
`;
    stage = await openStage({ targets, slack: UNHURRIED });
    dir = await mkdtemp(join(tmpdir(), "bg-follow-"));
    const env = {
      ROLE: "worker",
      REDIS_URL: stage.redis.url,
      DATA_DIR: dir,
      POLICY_FILE: join(stage.dir, "policy.yaml"),
      ANOMALY_RULES: NO_RULES,
      PORT: "0",
    };
    other = await start(readConfig(env), env, { log: silent });
  });
  after(async () => {
    await other.stop();
    await stage.stop();
    await target.remove();
    await rm(dir, { recursive: true });
  });

  it("has what was recorded as soon as it is, not with the next round of each second", async () => {
    for (const [who, role] of [ALICE, BOB].flatMap((each) =>
      ["reader", "writer", "owner"].map((name) => [each, name] as const),
    )) {
      const id = await ask(stage, who, `db ${role} orders are stuck`);
      await setTimeout(250);
      assert.ok((await readFile(join(dir, "ledger.jsonl"), "utf8")).includes(id), `${id} is not there yet`);
    }
  });
});
