import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { play } from "../../src/demo/play.ts";
import { startDemo, type Demo } from "../../src/demo/start-demo.ts";
import { silent } from "../../src/log.ts";
import { programArguments } from "../cli/program.ts";
import { idIn } from "../support/stage.ts";
import { inChromium, withoutChromium } from "./browser.ts";

/** The processes that work in a folder. Only Linux tells; elsewhere there are none to be seen. */
async function workingIn(dir: string): Promise<string[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
  return pids.filter((_, index) => folders[index]?.startsWith(dir));
}

describe("breakglass demo --play", () => {
  it("plays the whole incident, exits 0 within a minute, and leaves nothing behind", async () => {
    const dir = await mkdtemp(join(tmpdir(), "bg-play-"));
    // Postgres runs as a user of its own when we are root.
    await chmod(dir, 0o711);
    try {
      const child = spawn(process.execPath, [...(await programArguments()), "demo", "--play"], {
        cwd: dir,
        env: { ...process.env, TMPDIR: dir },
        stdio: ["ignore", "pipe", "pipe"],
        timeout: 60_000,
      });
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, "close"),
      ]);
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
            "Gone, and checked: role removed, 1 connection closed",
            "\nledger verify: \\d+ entries hold",
            "\nEvery step held\\.\n$",
          ].join("[^]*?"),
        ),
      );
      assert.deepEqual(await readdir(dir), []);
      assert.deepEqual(await workingIn(dir), []);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

describe("the demo", () => {
  let demo: Demo;

  before(async () => {
    demo = await startDemo({ port: 0, env: process.env, log: silent, say: () => undefined });
  });
  after(() => demo.stop());

  it("is the whole story in the browser too, with the real bot", { skip: withoutChromium }, async () => {
    await inChromium(demo.url, async (page) => {
      await page.getByLabel("Message #inc-42-orders-down").fill("/breakglass orders-db writer 15m INC-42 orders stuck");
      await page.keyboard.press("Enter");
      await page.getByText("waiting for approval").first().waitFor();

      await page.getByRole("radio", { name: "Carol" }).check();
      await page.getByRole("button", { name: /^approvals/ }).click();
      await page.getByRole("button", { name: "Approve" }).click();
      await page.getByText("Approved by Carol Diaz").waitFor();

      await page.getByRole("button", { name: "Become Alice" }).click();
      await page.getByText("Filled in from your direct message").waitFor();
      await page.getByRole("button", { name: "Free stuck orders" }).click();
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByText("Live session as bg_").waitFor();
      await page.screenshot({ path: "/tmp/p1.png" });
      await page.getByRole("list", { name: "Results" }).getByText("97").first().waitFor();

      await page.getByRole("button", { name: /^inc-42/ }).click();
      await page.getByRole("button", { name: "End now" }).click();
      await page.getByText("The database closed the session: access has ended.").waitFor();
      await page.screenshot({ path: "/tmp/p2.png" });
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByRole("list", { name: "Results" }).getByText("authentication failed").waitFor();

      await page.getByRole("button", { name: "Show the thread" }).click();
      await page.getByText("Gone, and checked").last().waitFor();
      await page.screenshot({ path: "/tmp/p3.png" });
    });
  });

  it("tells when a step does not hold, instead of going on", async () => {
    const said: string[] = [];
    demo.slack.faults.outage(true);
    try {
      assert.equal(await play(demo, (line) => said.push(line), 1_000), false);
    } finally {
      demo.slack.faults.clear();
    }
    assert.equal(said.at(-1), "\n🔴 no approval card came");
    assert.ok(!said.join().includes("Approve"));
  });
});
