import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Redis } from "ioredis";
import { CLOCK } from "../../src/domain/people.ts";
import { CodedError } from "../../src/errors.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { Mirror } from "../../src/ledger/mirror.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";

const isFork = (error: unknown): boolean => error instanceof CodedError && error.code === "LEDGER_FORK";

describe("a Redis that lost what it had acknowledged", () => {
  let server: TestRedis;
  let redis: Redis;
  let dir: string;
  before(async () => {
    server = await startTestRedis();
    redis = connectRedis(server.url, { role: "commands", log: silent });
    dir = await mkdtemp(join(tmpdir(), "bg-mirror-"));
  });
  after(async () => {
    redis.disconnect();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it("is a fork: at once, for what is recorded anew, and at the next start", async () => {
    const open = () => new Ledger(redis, () => "s".repeat(22));
    const recordOne = (ledger: Ledger, version: number) =>
      ledger.recordOwn(
        "policy",
        version,
        [{ type: "PolicyLoaded", actor: CLOCK, data: { policy: `p${version}`, targets: 1 } }],
        Date.UTC(2026, 0, 1),
      );
    const ledger = open();
    const path = join(dir, "ledger.jsonl");
    const mirror = await Mirror.open(path, ledger);
    await recordOne(ledger, 0);
    await recordOne(ledger, 1);
    await mirror.has(2);
    await mirror.has(1);

    await redis.flushall();
    await assert.rejects(mirror.catchUp(), isFork);
    const anew = open();
    await recordOne(anew, 0);
    await assert.rejects(mirror.has(1), isFork, "entry 1 is another entry now");
    assert.equal(mirror.head.seq, 2);
    await mirror.close();

    const again = await Mirror.open(path, anew);
    await assert.rejects(again.catchUp(), isFork);
    await again.close();
  });
});
