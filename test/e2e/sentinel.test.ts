import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { checkRedis } from "../../src/cli/doctor/check-redis.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { requireRedis } from "../../src/redis/require-redis.ts";
import { ALICE, INC_42 } from "../support/acme.ts";
import { ask, type } from "../support/ask.ts";
import { startSentinels, type Sentinels } from "../support/sentinels.ts";
import { jobLine, type JobLine } from "../support/job-line.ts";
import { assertToldOnce } from "../support/told-once.ts";
import { until } from "../support/until.ts";
import { appendContract } from "../ledger/append-contract.ts";
import { Several } from "./several.ts";

describe("on a Redis that Sentinels watch", () => {
  let group: Sentinels;
  let jobs: JobLine | undefined;
  before(async () => {
    group = await startSentinels();
  });
  after(async () => {
    await jobs?.stop();
    await group.stop();
  });

  it("can be used, or is refused in words", async () => {
    await requireRedis(group.url, 2_000);
    const [sentinel] = group.sentinels;
    const { url: master } = await group.master();
    for (const [url, why] of [
      [group.url.replace("/mymaster", "/another"), /no Sentinel knows a master of that name/],
      [group.url.replace(/@[^/]+/, `@${new URL(master).host}`), /it is no Sentinel/],
      [group.url.replace(/=\w+$/, "=wrong"), /another user or password/],
      [group.url.replace(/\/\/:\w+@/, "//:wrong@"), /another user or password/],
      [master.replace("redis:", "redis+cluster:"), /it is no Cluster/],
      [group.url.replace(/@[^/]+/, "@127.0.0.1:1"), /nothing there takes a connection/],
    ] as const)
      await assert.rejects(requireRedis(url, 2_000), { code: "REDIS_UNREACHABLE", message: why });
    assert.ok(sentinel);
  });

  it("is looked at by doctor with the replica that may take its place", async () => {
    const redis = connectRedis(group.url, { role: "commands", log: silent });
    const replica = await group.replica();
    await replica.ask((each) => each.config("SET", "appendonly", "no"));
    const found = await checkRedis(redis, Date.now);
    await replica.ask((each) => each.config("SET", "appendonly", "yes"));
    redis.disconnect();
    const said = found.map(({ standing, text }) => `${standing} ${text}`).join("\n");
    const { port } = await group.master();
    assert.match(said, new RegExp(`reached by Sentinel at 127.0.0.1:${port}; 1 replica`));
    assert.match(said, new RegExp(`problem 127.0.0.1:${replica.port} \\(replica\\): .*Set \`appendonly yes\``));
    assert.match(said, /fine this machine's clock/);
  });

  appendContract("the master that Sentinels name", () => group.url);

  describe("a bot and two workers, each with its mirror", () => {
    let several: Several;
    before(async () => {
      jobs = jobLine(group.url);
      await jobs.carries("BG-00000A");
      const master = await group.master();
      await master.ask((redis) => redis.flushall());
      several = await Several.open(group.url);
    });
    after(() => several.stop());

    it("a request goes its whole way", async () => {
      await several.end(await several.open());
      await several.settled();
    });

    it("P2, P8: the master dies just before access ends: it ends at its deadline, and the thread is whole", async () => {
      const id = await several.open();
      const before = await several.settled();
      await several.end(id, () => group.failOver());
      await until(async () => ((await several.settled()).length > before.length ? true : undefined), "what came after");
      assertToldOnce(several.stage);
      await group.comeBack();
    });

    it("P5: the master dies, and who takes its place never heard of what it acknowledged: nothing of it is lost", async () => {
      const { stage } = several;
      const early = await several.open();
      await several.settled();
      await group.cutReplica();
      const late = await ask(stage, ALICE, "db writer orders are stuck, again");
      await stage.line(INC_42, late, /^Access is on/);
      const before = await several.settled();
      await group.failOver();
      assert.match((await type(stage, ALICE, "db writer in between")).text, /LEDGER_UNAVAILABLE|Recorded/);
      await several.assertHealed(before);
      assert.equal((await several.target.granted()).length, 2);
      await several.end(early);
      await stage.line(INC_42, late, /^Gone, and checked/);
      await several.settled();
      assertToldOnce(stage);
    });
    it("jobs reach a worker that was there before both failovers", async () => {
      await jobs?.carries("BG-00000B");
    });
  });
});
