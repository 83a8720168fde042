import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { Connection } from "../../src/connection.ts";
import { beat } from "../../src/app/heartbeat.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { parseCheckpoint } from "../../src/ledger/checkpoint.ts";
import { CheckpointPost } from "../../src/ledger/checkpoint-post.ts";
import { Checkpoints, newestCheckpoint } from "../../src/ledger/checkpoints.ts";
import { loadLedgerKey, publicHalf } from "../../src/ledger/ledger-key.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { Mirror } from "../../src/ledger/mirror.ts";
import { noteKey, signedBy } from "../../src/ledger/note.ts";
import { readOldHeads } from "../../src/ledger/old-heads.ts";
import { verify } from "../../src/ledger/verify.ts";
import { connectedRedis } from "../support/connected-redis.ts";
import { vouch } from "../support/vouch.ts";

const T0 = Date.UTC(2026, 10, 23);
const MINUTE = 60_000;

describe("checkpoints beside the mirror", () => {
  let stop: () => Promise<void>;
  let redis: Connection;
  let dir: string;
  let ledger: Ledger;
  let mirror: Mirror;
  let checkpoints: Checkpoints;
  let now: number;

  before(async () => {
    ({ redis, stop } = await connectedRedis());
  });
  after(() => stop());
  beforeEach(async () => {
    await redis.flushall();
    await vouch(redis);
    now = T0;
    ledger = new Ledger(redis, () => "s".repeat(22));
    dir = await mkdtemp(join(tmpdir(), "bg-checkpoints-"));
    mirror = await Mirror.open(join(dir, "ledger.jsonl"), ledger);
    checkpoints = open();
  });
  afterEach(async () => {
    await mirror.close();
    await rm(dir, { recursive: true });
  });

  const open = () => new Checkpoints({ dataDir: dir, keyFile: join(dir, "ledger.key"), mirror, now: () => now });
  const record = async (count: number) => {
    for (let index = 0; index < count; index += 1) {
      const data = { policy: `p${index}`, targets: 1 };
      await ledger.recordOwn(() => [{ type: "PolicyLoaded", actor: CLOCK, data }], now);
    }
    await mirror.catchUp();
  };
  const all = async () => await readFile(join(dir, "checkpoints.jsonl"), "utf8").catch(() => "");

  it("are signed once a minute while the ledger grows, and when it ends; each is of the entries then", async () => {
    await record(3);
    await checkpoints.look();
    await record(2);
    await checkpoints.look();
    now += MINUTE;
    await checkpoints.look();
    now += MINUTE;
    await checkpoints.look();
    await record(2);
    await checkpoints.look();
    await record(1);
    await checkpoints.look(true);
    const { heads, checkpoints: signed } = readOldHeads(await all());
    assert.deepEqual(
      heads.map(({ size }) => size),
      [3, 5, 7, 8],
    );
    const key = noteKey(signed[0]?.origin ?? "", publicHalf(await loadLedgerKey(join(dir, "ledger.key"))));
    assert.deepEqual(
      signed.map(({ note }) => signedBy(note, key)),
      ["yes", "yes", "yes", "yes"],
    );
    const found = await verify(await ledger.range(1, 100), heads);
    assert.deepEqual(found.held, { held: 4, upTo: 8 });
    assert.equal(parseCheckpoint((await newestCheckpoint(dir)) ?? "")?.size, 8);
    assert.equal((await stat(join(dir, "ledger.key"))).mode & 0o777, 0o600);
  });

  it("are signed before the minute is over when somebody waits for one, who has no mirror, and only then", async () => {
    const post = new CheckpointPost(redis);
    checkpoints = new Checkpoints({ dataDir: dir, keyFile: join(dir, "ledger.key"), mirror, post, now: () => now });
    await record(3);
    await checkpoints.look();
    assert.equal(parseCheckpoint((await post.newest()) ?? "")?.size, 3);
    await record(2);
    await checkpoints.look();
    assert.equal(parseCheckpoint((await post.newest()) ?? "")?.size, 3);
    const waited = post.upTo(5, {
      ms: 5_000,
      pause: async () => {
        await checkpoints.look();
      },
    });
    assert.equal(parseCheckpoint((await waited) ?? "")?.size, 5);
    await record(1);
    await checkpoints.look();
    assert.equal((await post.newest()) ?? "", await waited, "what is there already is wanted no longer");
    const inVain = await post.upTo(99, {
      ms: 400,
      pause: async () => {
        await checkpoints.look();
      },
    });
    assert.equal(inVain, await waited, "nobody waits for ever, and nothing is signed that isn't there yet");
  });

  it("of a mirror that is behind are not put in the place of newer ones", async () => {
    const post = new CheckpointPost(redis);
    await record(3);
    await checkpoints.look();
    const old = (await newestCheckpoint(dir)) ?? "";
    await record(3);
    now += MINUTE;
    await checkpoints.look();
    const newer = (await newestCheckpoint(dir)) ?? "";
    await post.put(newer);
    await post.put(old);
    assert.equal(await post.newest(), newer);
  });

  it("go on after a restart, from the tree that the mirror gives again", async () => {
    await record(5);
    await mirror.close();
    mirror = await Mirror.open(join(dir, "ledger.jsonl"), ledger);
    checkpoints = open();
    await record(4);
    await checkpoints.look();
    const { heads } = readOldHeads(await all());
    assert.deepEqual((await verify(await ledger.range(1, 100), heads)).held, { held: 1, upTo: 9 });
  });

  it("an hour without an entry is ended by a heartbeat, of one worker", async () => {
    await record(1);
    now += 59 * MINUTE;
    await beat(ledger, mirror, now);
    now += MINUTE;
    await Promise.all([beat(ledger, mirror, now), beat(ledger, mirror, now)]);
    await mirror.catchUp();
    await beat(ledger, mirror, now);
    now += 3 * 60 * MINUTE;
    await record(1);
    const lines = await ledger.range(1, 100);
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { type: string }).type),
      ["PolicyLoaded", "HeartbeatRecorded", "PolicyLoaded"],
    );
    const { silences } = await verify(lines);
    assert.deepEqual(
      silences.map(({ after: seq }) => seq),
      [2],
      "what is longer than heartbeats are apart shows",
    );
  });
});
