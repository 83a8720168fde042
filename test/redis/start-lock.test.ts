import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { isRunning, processMark } from "../../src/redis/process-mark.ts";
import { withStartLock } from "../../src/redis/start-lock.ts";

const env = process.env;

describe("withStartLock", () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "breakglass-lock-"));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  const lock = <T>(work: () => Promise<T>, limitMs = 30_000) => withStartLock(dir, { env, limitMs }, work);

  it("lets one in at a time", async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      for (let turns = 0; turns < 5; turns += 1) await turn();
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 6 }, () => lock(work)));
    assert.equal(most, 1);
    assert.deepEqual(await readdir(dir), []);
  });

  it("passes over the claims of dead processes, also when the number is in use again", async () => {
    const mark = await processMark(process.pid, env);
    const earlier = `starting.${process.pid}-1.11111111`;
    await writeFile(join(dir, "starting.999999999-1.22222222"), "");
    await writeFile(join(dir, earlier), "");
    assert.notEqual(mark, `${process.pid}-1`);
    assert.equal(await lock(() => Promise.resolve("done")), "done");
    assert.deepEqual(await readdir(dir), []);
  });

  it("waits for a living one, says for whom, and gives up in the end", async () => {
    const waitedFor: number[] = [];
    const mark = (await processMark(process.ppid, env)) ?? "";
    await writeFile(join(dir, `starting.${mark}.33333333`), "");
    const onWait = (pid: number): void => void waitedFor.push(pid);
    const attempt = withStartLock(dir, { env, limitMs: 400, onWait }, () => Promise.resolve("done"));
    await assert.rejects(attempt, { code: "REDIS_FAILED", message: new RegExp(`Process ${process.ppid} `) });
    assert.deepEqual(waitedFor, [process.ppid]);
    assert.deepEqual(await readdir(dir), [`starting.${mark}.33333333`], "only the other's claim is left");
    await rm(join(dir, `starting.${mark}.33333333`));
  });

  it("is free again after work that failed", async () => {
    await assert.rejects(
      lock(() => Promise.reject(new Error("no"))),
      /no/,
    );
    assert.equal(await lock(() => Promise.resolve("done")), "done");
  });
});

describe("processMark", () => {
  it("knows a process from another with the same number", async () => {
    const mark = (await processMark(process.pid, env)) ?? "";
    assert.match(mark, new RegExp(`^${process.pid}-\\w+`));
    assert.equal(await isRunning(mark, env), true);
    assert.equal(await isRunning(`${process.pid}-1`, env), false);
    assert.equal(await processMark(999_999_999, env), undefined);
  });
});
