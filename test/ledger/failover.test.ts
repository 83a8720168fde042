import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Connection } from "../../src/connection.ts";
import { CodedError } from "../../src/errors.ts";
import { parseEntry } from "../../src/ledger/entry.ts";
import { KEYS } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { Mirror } from "../../src/ledger/mirror.ts";
import { Recovery } from "../../src/ledger/recovery.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { groupLines, startRedisNode, type RedisNode } from "../support/redis-node.ts";
import { ask, Scene, T0 } from "../support/scene.ts";
import { until } from "../support/until.ts";

const salt = () => randomBytes(16).toString("base64url");
const isUnavailable = (error: unknown) => error instanceof CodedError && error.code === "LEDGER_UNAVAILABLE";

describe("P5: whoever takes the place of a Redis may have missed what it acknowledged", () => {
  let dir: string;
  let master: RedisNode;
  let replica: RedisNode;
  const open: Connection[] = [];
  const mirrors: Mirror[] = [];

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-failover-"));
    const password = randomBytes(16).toString("hex");
    const lines = groupLines(password);
    master = await startRedisNode({ dir, password, lines });
    replica = await startRedisNode({ dir, password, lines: [...lines, `replicaof 127.0.0.1 ${master.port}`] });
    await until(
      async () => ((await master.ask((redis) => redis.wait(1, 500))) === 1 ? true : undefined),
      "the replica",
    );
  });
  after(async () => {
    for (const each of open) each.disconnect();
    for (const each of mirrors) await each.close();
    await Promise.all([master.kill(), replica.kill()]);
    await rm(dir, { recursive: true, force: true });
  });

  function process(on: RedisNode): { redis: Connection; ledger: Ledger } {
    const redis = connectRedis(on.url, { role: "commands", log: silent });
    open.push(redis);
    return { redis, ledger: new Ledger(redis, salt) };
  }
  async function worker(on: RedisNode) {
    const { redis, ledger } = process(on);
    const mirror = await Mirror.open(join(dir, "mirror"), ledger);
    mirrors.push(mirror);
    const pause = () => Promise.resolve();
    const recovery = new Recovery({ redis, ledger, mirror, now: () => T0, token: salt, pause, log: silent });
    return { redis, mirror, makeWhole: () => recovery.makeWhole() };
  }
  const record = (ledger: Ledger, id: string) =>
    ledger.record({ id, state: undefined, events: new Scene().when(ask()), at: T0 });

  it("takes nothing, from a process that never saw more either, until a worker has held it against its mirror", async () => {
    const { mirror, makeWhole } = await worker(master);
    await makeWhole();
    const { ledger } = process(master);
    await record(ledger, "BG-00000A");
    await until(async () => ((await master.ask((redis) => redis.wait(1, 500))) >= 1 ? true : undefined), "the replica");
    await replica.ask((redis) => redis.replicaof("NO", "ONE"));
    await record(ledger, "BG-00000B");
    await mirror.catchUp();
    await master.kill();

    const bot = process(replica);
    assert.equal((await bot.ledger.head()).seq, 1);
    assert.notEqual(await bot.redis.get(KEYS.whole), null, "what a worker wrote is there, of the history before");
    await assert.rejects(record(bot.ledger, "BG-00000C"), isUnavailable);

    const again = await worker(replica);
    assert.deepEqual(await again.makeWhole(), { from: 2, to: 2, cause: "shortened" });
    await record(bot.ledger, "BG-00000C");
    const types = (await bot.ledger.range(1, 10)).map((line) => parseEntry(line).type);
    assert.deepEqual(types, ["RequestOpened", "RequestOpened", "LedgerRecovered", "RequestOpened"]);
  });

  it("takes nothing after a restart either, goes on as it was when nothing is missing, and may have forgotten what was told", async () => {
    const { redis, makeWhole } = await worker(replica);
    await makeWhole();
    const { ledger } = process(replica);
    const [before, due] = [await ledger.range(1, 10), await redis.zrange(KEYS.due, "0", "-1")];
    await replica.restart("replicaof no one");
    await until(async () => await redis.ping().catch(() => undefined), "the connection");
    await assert.rejects(record(process(replica).ledger, "BG-00000D"), isUnavailable);
    assert.equal(await makeWhole(), undefined);
    assert.deepEqual(await ledger.range(1, 10), before);
    assert.deepEqual(await redis.zrange(KEYS.due, "0", "-1"), due);
    assert.equal(Number(await redis.get(KEYS.recovered)), before.length + 1);
    await record(process(replica).ledger, "BG-00000D");
  });
});
