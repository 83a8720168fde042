import assert from "node:assert/strict";
import { after, before, describe, it, mock } from "node:test";
import { setTimeout } from "node:timers/promises";
import { CodedError } from "../../src/errors.ts";
import { Mirror } from "../../src/ledger/mirror.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

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

  it("is that it isn't ready while the mirror can't be written", async () => {
    const full = new CodedError("MIRROR_UNWRITABLE", "The mirror can't be written.");
    const failing = mock.method(Mirror.prototype, "catchUp", () => Promise.reject(full));
    const answers = async (status: number) =>
      await until(async () => {
        await setTimeout(200); // more often it would be told 429
        const answer = await fetch(`${stage.bot.url}/readyz`);
        return answer.status === status ? await answer.text() : undefined;
      }, `an answer ${status}`);
    assert.match(await answers(503), /"worker":"The mirror can't be written\."/);
    failing.mock.restore();
    await answers(200);
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
