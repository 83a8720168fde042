import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, type Stage } from "../support/stage.ts";

const targets = ({ yaml }: CommandTarget) => `
  tool:
    title: Admin tool
    ${yaml}
    roles:
      user: { grant: {}, requesters: [sre], approval: automatic, duration: { default: 15m, max: 30m } }
`;

describe("what probes and scrapes ask", () => {
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({ targets: targets(target) });
  });
  after(async () => {
    await stage.stop();
    await target.remove();
  });

  it("is answered every few seconds for ever, and not without end", async () => {
    for (const path of ["/healthz", "/readyz", "/metrics"])
      assert.equal((await fetch(`${stage.bot.url}${path}`)).status, 200, path);
    const asked = Array.from({ length: 300 }, async () => await fetch(`${stage.bot.url}/readyz`));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    assert.deepEqual(new Set(statuses), new Set([200, 429]));
    const { status, headers } = await fetch(`${stage.bot.url}/metrics`);
    assert.ok(status === 200 || headers.get("retry-after") !== null);
    assert.equal((await fetch(`${stage.bot.url}/healthz`)).status, 200, "whoever floods it gets nobody restarted");
  });
});
