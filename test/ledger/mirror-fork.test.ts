import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Connection } from "../../src/connection.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { CodedError, type Code } from "../../src/errors.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { Mirror } from "../../src/ledger/mirror.ts";
import { connectedRedis } from "../support/connected-redis.ts";
import { vouch } from "../support/vouch.ts";

const has = (code: Code) => (error: unknown) => error instanceof CodedError && error.code === code;

describe("a Redis that lost what it had acknowledged", () => {
  let stop: () => Promise<void>;
  let redis: Connection;
  let dir: string;
  before(async () => {
    ({ redis, stop } = await connectedRedis());
    dir = await mkdtemp(join(tmpdir(), "bg-mirror-"));
  });
  after(async () => {
    await stop();
    await rm(dir, { recursive: true, force: true });
  });

  it("is noticed at once, and is a fork if it goes on from there, now and at the next start", async () => {
    const open = () => new Ledger(redis, () => "s".repeat(22));
    const recordOne = (ledger: Ledger, version: number, policy = `p${version}`) =>
      ledger.recordOwn(
        () => [{ type: "PolicyLoaded", actor: CLOCK, data: { policy, targets: 1 } }],
        Date.UTC(2026, 0, 1),
      );
    const ledger = open();
    const path = join(dir, "ledger.jsonl");
    const mirror = await Mirror.open(path, ledger);
    await vouch(redis);
    await recordOne(ledger, 0);
    await recordOne(ledger, 1);
    await mirror.has(2);
    await mirror.has(1);

    await redis.flushall();
    await assert.rejects(mirror.catchUp(), has("LEDGER_UNAVAILABLE"));
    const anew = open();
    await vouch(redis);
    await recordOne(anew, 0, "another");
    await assert.rejects(mirror.has(1), has("LEDGER_FORK"), "entry 1 is another entry now");
    assert.equal(mirror.head.seq, 2);
    await mirror.close();

    const again = await Mirror.open(path, anew);
    await assert.rejects(again.catchUp(), has("LEDGER_FORK"));
    await again.close();
  });
});
