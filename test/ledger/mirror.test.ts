import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { promisify } from "node:util";
import type { Connection } from "../../src/connection.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { CodedError, type Code } from "../../src/errors.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { Mirror } from "../../src/ledger/mirror.ts";
import { verify } from "../../src/ledger/verify.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { sourceArguments } from "../support/source-arguments.ts";
import { vouch } from "../support/vouch.ts";
import { until } from "../support/until.ts";

const has = (code: Code) => (error: unknown) => error instanceof CodedError && error.code === code;

describe("the mirror of a ledger on a real Redis", () => {
  let server: TestRedis;
  let redis: Connection;
  let ledger: Ledger;
  let dir: string;
  let path: string;
  let mirror: Mirror;

  before(async () => {
    server = await startTestRedis();
    redis = connectRedis(server.url, { role: "commands", log: silent });
  });
  after(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await redis.flushall();
    await vouch(redis);
    ledger = new Ledger(redis, () => "s".repeat(22));
    dir = await mkdtemp(join(tmpdir(), "bg-mirror-"));
    path = join(dir, "ledger.jsonl");
    mirror = await Mirror.open(path, ledger);
  });
  afterEach(async () => {
    await mirror.close();
    await rm(dir, { recursive: true, force: true });
  });

  let version = 0;
  beforeEach(() => (version = 0));
  const record = async (policy = `p${version}`) => {
    const event = { type: "PolicyLoaded", actor: CLOCK, data: { policy, targets: 1 } } as const;
    version++;
    await ledger.recordOwn(() => [event], Date.UTC(2026, 10, 23));
  };
  const lines = async () => (await readFile(path, "utf8")).split("\n").slice(0, -1);

  it("holds each entry once, as it was recorded, and can be verified without Redis", async () => {
    for (let count = 0; count < 5; count++) await record();
    await Promise.all([mirror.has(3), mirror.catchUp(), mirror.has(5)]);
    assert.deepEqual(await lines(), await ledger.range(1, 100));
    assert.deepEqual(mirror.head, (await verify(await lines())).head);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it("P1: has() waits until the entry is in the file", async () => {
    await record();
    await record();
    assert.equal(mirror.head.seq, 0);
    await mirror.has(2);
    assert.equal((await lines()).length, 2);
  });

  it("copies a long ledger page by page", async () => {
    const policies = Array.from({ length: 1_100 }, (_, index) => ({
      type: "PolicyLoaded" as const,
      actor: CLOCK,
      data: { policy: `p${index}`, targets: 1 },
    }));
    await ledger.recordOwn(() => policies, Date.UTC(2026, 10, 23));
    await mirror.catchUp();
    assert.equal((await lines()).length, 1_100);
  });

  it("goes on when an entry comes between reading the end and asking where it is", async (context) => {
    await record();
    await mirror.catchUp();
    const range = ledger.range.bind(ledger);
    context.mock.method(ledger, "range", async (from: number, limit: number) => {
      const found = await range(from, limit);
      if (found.length === 0 && version === 1) await record();
      return found;
    });
    await mirror.catchUp();
    assert.equal((await lines()).length, 2);
  });

  it("goes on where it ended, at the next start", async () => {
    await record();
    await mirror.catchUp();
    await mirror.close();
    await record();
    mirror = await Mirror.open(path, ledger);
    assert.equal(mirror.head.seq, 1);
    await mirror.has(2);
    assert.deepEqual(await lines(), await ledger.range(1, 10));
  });

  it("drops the half line that a crash left, and copies the entry again", async () => {
    await record();
    await record();
    await mirror.catchUp();
    await mirror.close();
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, -40));
    mirror = await Mirror.open(path, ledger);
    assert.equal(mirror.head.seq, 1);
    await mirror.catchUp();
    assert.deepEqual(await readFile(path), whole);
  });

  it("does not open what was changed, and says which entry", async () => {
    await record();
    await mirror.catchUp();
    await mirror.close();
    await writeFile(path, (await readFile(path, "utf8")).replace('"targets":1', '"targets":2'));
    await assert.rejects(
      Mirror.open(path, ledger),
      (error) => has("LEDGER_BROKEN")(error) && String(error).includes("Entry 1"),
    );
    await writeFile(path, "");
    mirror = await Mirror.open(path, ledger);
  });

  it("P5: two hashes at one number are a fork, and nothing of it is copied", async () => {
    await record();
    await mirror.catchUp();
    const before = await lines();
    await redis.flushall();
    await vouch(redis);
    version = 0;
    ledger = new Ledger(redis, () => "t".repeat(22));
    await record("another");
    await record("history");
    await assert.rejects(mirror.has(2), has("LEDGER_FORK"));
    assert.deepEqual(await lines(), before);
  });

  it("P5: with Redis away it says so", async () => {
    await server.kill();
    await assert.rejects(mirror.catchUp(), has("LEDGER_UNAVAILABLE"));
    await server.restart();
    await until(() => redis.ping().catch(() => undefined), "Redis");
  });

  it("says where it can't be opened", async () => {
    await assert.rejects(Mirror.open(join(dir, "missing", "ledger.jsonl"), ledger), has("MIRROR_UNWRITABLE"));
  });

  it("P5: a disk that is full in the middle of a line makes nothing granted and breaks nothing", async () => {
    await record("x".repeat(3_000));
    await record("y".repeat(3_000));
    await mirror.close();
    // The shell's limit on a file's size stands in for the disk: 8 blocks of 512 bytes, in which only one line fits.
    const program = join(import.meta.dirname, "mirror-once.ts");
    const node = [process.execPath, ...sourceArguments(program), server.url, path];
    const { stdout } = await promisify(execFile)("sh", ["-c", 'ulimit -f 8 && exec "$@"', "sh", ...node], {
      cwd: join(import.meta.dirname, "../.."),
      // What tsx keeps of its work are files too.
      env: { ...process.env, TSX_DISABLE_CACHE: "1" },
    });
    assert.equal(stdout, "0 MIRROR_UNWRITABLE MIRROR_UNWRITABLE\n");
    assert.deepEqual(await lines(), []);
    mirror = await Mirror.open(path, ledger);
    await mirror.catchUp();
    assert.deepEqual(await lines(), await ledger.range(1, 10));
  });

  it("takes no notice of a line that somebody appends while it runs, and finds it at the next start", async () => {
    await record();
    await mirror.catchUp();
    await appendFile(path, "{}\n");
    await mirror.close();
    await assert.rejects(Mirror.open(path, ledger), has("ENTRY_INVALID"));
    await writeFile(path, "");
    mirror = await Mirror.open(path, ledger);
  });
});
