import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { CodedError } from "../../../src/errors.ts";
import { commandKind, type CommandConnection, type CommandRole } from "../../../src/providers/command/kind.ts";
import type { GrantOrder, Provider } from "../../../src/providers/provider.ts";
import { failsWith, patience } from "../contract.ts";

const kind = commandKind({ PATH: process.env["PATH"], HOME: "/nowhere", LANG: "C", SLACK_BOT_TOKEN: "xoxb-1" });
const dir = mkdtempSync(join(tmpdir(), "bg-program-"));
const handle = { request: "BG-7K3M2Q", name: "bg_7k3m2q" };
const order: GrantOrder<CommandRole> = { request: handle.request, person: "alice", role: {}, deadline: 0 };

/** A provider whose program is a line of shell. */
function shell(script: string, connection: Partial<CommandConnection> = {}): Provider<CommandRole> {
  return kind.open(kind.parseConnection({ command: ["sh", "-c", script], ...connection }));
}

async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    // A killed child stays as a zombie until whoever adopted it has looked.
    if (readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")) return true;
    await sleep(20);
  }
  return false;
}

describe("a command target's program", () => {
  after(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it("sees PATH, HOME, LANG and what the connection gives, and none of the bot's own secrets", async () => {
    const out = join(dir, "env");
    await shell(`env > ${out}`, { env: { WHERE: "here" } }).revoke(handle, patience());
    const names = readFileSync(out, "utf8")
      .split("\n")
      .map((line) => line.split("=")[0] ?? "");
    const shells = ["", "PWD", "OLDPWD", "SHLVL", "_"];
    assert.deepEqual(names.filter((name) => !shells.includes(name)).sort(), ["HOME", "LANG", "PATH", "WHERE"]);
  });

  it("is no shell: arguments arrive as they are", async () => {
    const out = join(dir, "argument");
    const command = ["sh", "-c", `printf %s "$1" > ${out}`, "sh", "$(id); 'x' \"y\" *"];
    await kind.open({ command }).revoke(handle, patience());
    assert.equal(readFileSync(out, "utf8"), "$(id); 'x' \"y\" *");
  });

  it("refuses by its exit code, with what it said last", async () => {
    const script =
      "i=0; while [ $i -lt 200 ]; do echo line $i >&2; i=$((i+1)); done; printf '\\033[31mno such group' >&2; exit 3";
    const { message } = await failsWith("TARGET_REFUSED", () => shell(script).grant(order, patience()));
    assert.match(message, /exit code 3\. It said: .*line 199 \[31mno such group$/);
    assert.ok(message.length < 600);
  });

  it("says with exit code 75 that later may work", async () => {
    const { message } = await failsWith("TARGET_UNREACHABLE", () =>
      shell("echo down >&2; exit 75").revoke(handle, patience()),
    );
    assert.match(message, /down/);
  });

  it("has an unknown outcome when a signal killed it", async () => {
    await failsWith("TARGET_TIMEOUT", () => shell("kill -9 $$").grant(order, patience()));
  });

  const malformed: [string, string, RegExp][] = [
    ["no JSON", "hunter2 is it", /it is not JSON/],
    ["another shape", `{"credential":{"user":"bg","password":["hunter2"]}}`, /credential\.password/],
    ["an unknown key", `{"hunter2":1}`, /keys that are not known/],
  ];
  for (const [what, stdout, said] of malformed) {
    it(`takes back a grant that it answered with ${what}, and says what is wrong without repeating it`, async () => {
      const log = join(dir, what);
      const script = `input=$(cat); echo "$input" >> '${log}'; case $input in *'"grant"'*) printf '%s' '${stdout}';; esac`;
      const error: CodedError = await failsWith("TARGET_REFUSED", () => shell(script).grant(order, patience()));
      assert.match(error.message, said);
      assert.equal(JSON.stringify([error.message, error.stack, error.cause]).includes("hunter2"), false);
      assert.match(readFileSync(log, "utf8"), /"action":"revoke","request":"BG-7K3M2Q","name":"bg_7k3m2q"/);
    });
  }

  it("has an unknown outcome when such a grant can't be taken back", async () => {
    const script = `case $(cat) in *'"grant"'*) echo nonsense;; *) exit 1;; esac`;
    await failsWith("TARGET_TIMEOUT", () => shell(script).grant(order, patience()));
  });

  it("may name in its list only what carries our mark", async () => {
    const script = `printf '%s' '{"handles":[{"name":"root"}]}'`;
    const { message } = await failsWith("TARGET_REFUSED", () => shell(script).list(patience()));
    assert.match(message, /handles\.0\.name/);
  });

  it("is stopped when it writes more than 1 MB", async () => {
    const { message } = await failsWith("TARGET_TIMEOUT", () => shell("yes").list(patience()));
    assert.match(message, /1 MB/);
  });

  it("tells what was done, if it likes", async () => {
    assert.deepEqual(await shell(`echo '{"done":["key removed"]}'`).revoke(handle, patience()), ["key removed"]);
    assert.deepEqual(await shell("true").revoke(handle, patience()), ["access removed"]);
  });

  it("tells what is wrong with it", async () => {
    const ill = shell(`echo '{"ok":false,"problems":["Set the key."]}'`);
    assert.deepEqual(await ill.check(patience()), { ok: false, problems: ["Set the key."] });
    const silentlyIll = await shell(`echo '{"ok":false}'`).check(patience());
    assert.equal(silentlyIll.ok, false);
    assert.equal(silentlyIll.problems.length, 1);
  });

  it("is killed with everything it started when its time is up, also when it ignores SIGTERM", async () => {
    const pids = join(dir, "pids");
    const script = `trap '' TERM; sleep 60 & echo $! $$ > ${pids}; wait; sleep 60`;
    await failsWith("TARGET_TIMEOUT", () => shell(script, { timeout: 1 }).grant(order, patience()));
    for (const pid of readFileSync(pids, "utf8").trim().split(" ")) assert.equal(await gone(Number(pid)), true);
  });

  it("is killed when its caller gives up", async () => {
    const pids = join(dir, "given-up");
    const caller = new AbortController();
    const running = failsWith("TARGET_TIMEOUT", () =>
      shell(`sleep 60 & echo $! $$ > ${pids}; wait`).list(caller.signal),
    );
    while (!existsSync(pids) || readFileSync(pids, "utf8") === "") await sleep(10);
    caller.abort();
    await running;
    for (const pid of readFileSync(pids, "utf8").trim().split(" ")) assert.equal(await gone(Number(pid)), true);
  });

  it("can be run by hand with the line that byHand gives", () => {
    const out = join(dir, "by hand");
    writeFileSync(join(dir, "it's a program"), `#!/bin/sh\ncat > '${out}'\n`, { mode: 0o755 });
    const provider = kind.open({ command: [join(dir, "it's a program")] });
    const odd = { ...handle, ref: `it's "odd" \\n $(id)` };
    execFileSync("sh", ["-ec", provider.byHand(odd).join("\n")]);
    assert.deepEqual(JSON.parse(readFileSync(out, "utf8")), { action: "revoke", ...odd });
  });

  it("names by hand the variables that its program needs, asks for those that are missing, and shows no value", () => {
    const out = join(dir, "by hand, with variables");
    writeFileSync(join(dir, "needs-variables"), `#!/bin/sh\ncat > /dev/null; echo "$REGION" > '${out}'\n`, {
      mode: 0o755,
    });
    const provider = kind.open({
      command: [join(dir, "needs-variables")],
      env: { REGION: "eu", TOKEN: "canary-token" },
    });
    const lines = provider.byHand(handle).join("\n");
    assert.doesNotMatch(lines, /canary-token/);
    assert.throws(
      () => execFileSync("sh", ["-ec", lines], { env: { REGION: "eu" }, stdio: "pipe" }),
      /TOKEN: set it as/,
    );
    assert.equal(existsSync(out), false, "nothing ran without it");
    execFileSync("sh", ["-ec", `REGION=eu TOKEN=t\n${lines}`]);
    assert.equal(readFileSync(out, "utf8"), "eu\n");
  });
});

describe("a command target in the policy", () => {
  it("takes any JSON object as a role, and accepts its own results", () => {
    const role = { groups: ["a"], deep: { level: 1, list: [null, true] } };
    assert.deepEqual(kind.parseRole(kind.parseRole(role)), role);
    const connection = { command: ["/usr/bin/access", "--prod"], timeout: "30s", env: { REGION: "eu" } };
    assert.deepEqual(kind.parseConnection(kind.parseConnection(connection)), connection);
  });

  it("refuses what can't work", () => {
    for (const role of ["text", [], { when: new Date() }, { f: () => 1 }]) assert.throws(() => kind.parseRole(role));
    for (const connection of [
      {},
      { command: [] },
      { command: "access" },
      { command: ["a"], timeout: "1e9h" },
      { command: ["a"], env: { "A=B": "x" } },
      { command: ["a"], shell: true },
    ])
      assert.throws(() => kind.parseConnection(connection));
  });
});
