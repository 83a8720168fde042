import assert from "node:assert/strict";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, open, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { programArguments } from "../cli/program.ts";

interface Played {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Files, and the processes that still work in a folder of it; only Linux tells the latter. */
  readonly left: readonly string[];
}

/**
 * Runs `breakglass demo --play` with a folder of its own for everything temporary.
 *
 * @param meddle - called with everything said so far, again whenever there is more
 */
async function playIn(
  meddle: (said: string, child: ChildProcessWithoutNullStreams, dir: string) => void = () => undefined,
): Promise<Played> {
  const dir = await mkdtemp(join(tmpdir(), "bg-play-"));
  // Postgres runs as a user of its own when we are root.
  await chmod(dir, 0o711);
  try {
    const child = spawn(process.execPath, [...(await programArguments()), "demo", "--play"], {
      cwd: dir,
      env: { ...process.env, TMPDIR: dir },
      timeout: 150_000,
    });
    child.stdin.end();
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      meddle(stderr + stdout, child, dir);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      meddle(stderr + stdout, child, dir);
    });
    await once(child, "close");
    // tsx keeps what it compiled.
    const files = (await readdir(dir)).filter((name) => !name.startsWith("tsx-"));
    return { code: child.exitCode, stdout, stderr, left: [...files, ...(await workingIn(dir))] };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function workingIn(dir: string): Promise<string[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
  return pids.filter((_, index) => folders[index]?.startsWith(dir)).map((pid) => `process ${pid}`);
}

/** Turns a word of an entry into another of the same length, in the ledger's own file. */
async function tamper(dir: string): Promise<void> {
  const [demo = ""] = (await readdir(dir)).filter((name) => name.startsWith("breakglass-demo-"));
  const path = join(dir, demo, "data", "ledger.jsonl");
  const at = (await readFile(path)).indexOf('"writer"');
  const file = await open(path, "r+");
  await file.write('"reader"', at);
  await file.close();
}

describe("breakglass demo --play", { concurrency: true }, () => {
  it("plays the whole incident, exits 0, and leaves nothing behind", async () => {
    const { code, stdout, stderr, left } = await playIn();
    assert.equal(code, 0, stdout + stderr);
    assert.match(
      stdout.replace(/BG-\w{6}|bg_\w{6}/g, "ID"),
      new RegExp(
        [
          "^Mallory {3}/breakglass orders-db writer",
          "The policy does not know you",
          "\nAlice {5}/breakglass orders-db writer",
          "ID · waiting for approval",
          "\nCarol {5}clicks Approve",
          "\nAlice {5}UPDATE orders",
          "97 orders moved on",
          "\nAlice {5}UPDATE orders",
          "password authentication failed",
          "\nThe thread in #inc-42-orders-down:",
          "Alice Ng asked for writer on orders-db for 10 s",
          "Carol Diaz approved\\.",
          "Access is on: ID at orders-db",
          "Alice Ng ran 1 statement: 1 UPDATE of 97 rows in orders",
          "Gone, and checked: role removed, (1 connection closed|no connection was left)",
          "\nledger verify: \\d+ entries hold",
          "\nEvery step held\\.\n$",
        ].join("[^]*?"),
      ),
    );
    assert.deepEqual(left, []);
  });

  it("exits 1 and says which step did not hold, when somebody meddles with the ledger", async () => {
    let tampered: Promise<void> | undefined;
    const { code, stdout, stderr, left } = await playIn((said, _child, dir) => {
      if (said.includes("waits for the deadline")) tampered ??= tamper(dir);
    });
    await tampered;
    assert.equal(code, 1, stdout + stderr);
    assert.match(stdout, /Gone, and checked[^]*\n🔴 the ledger does not hold: .*\n$/);
    assert.doesNotMatch(stdout, /Every step held/);
    assert.deepEqual(left, []);
  });

  it("exits 2 and leaves nothing behind, when it is told to stop while it starts", async () => {
    let told = false;
    const { code, stdout, stderr, left } = await playIn((said, child) => {
      if (told || !said.includes("starting a Postgres")) return;
      told = true;
      child.kill("SIGINT");
    });
    assert.equal(code, 2, stdout + stderr);
    assert.deepEqual(left, []);
  });
});
