import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");

/** A program in our program's place: tells how it was called, and ends with 3 on SIGTERM. */
const PROGRAM = `
if (process.argv.includes("--wait")) {
  process.on("SIGTERM", () => process.exit(3));
  setInterval(() => {}, 1000);
} else process.exitCode = 5;
console.log(JSON.stringify({ args: process.argv.slice(2), program: process.argv[1], level: process.env.LOG_LEVEL }));
`;

describe("npm start", () => {
  let clone: string;
  /** Our environment without what would change the outcome. */
  const env = { ...process.env, SLACK_BOT_TOKEN: undefined, LOG_LEVEL: undefined };

  beforeEach(async () => {
    clone = await mkdtemp(join(tmpdir(), "breakglass-start-"));
    await cp(join(root, "scripts"), join(clone, "scripts"), { recursive: true });
    const lock = JSON.stringify({ packages: { "": {}, "node_modules/one": { version: "1.0.0" } } });
    const old = new Date(Date.UTC(2020, 0));
    for (const [path, text] of Object.entries({
      "package.json": '{ "type": "module", "engines": { "node": ">=20.12" } }',
      "package-lock.json": lock,
      "node_modules/.package-lock.json": lock,
      // A compiler in TypeScript's place: only that it is called matters here.
      "node_modules/typescript/bin/tsc": 'require("fs").writeFileSync("compiled", process.argv.slice(2).join(" "));',
      "tsconfig.json": "{}",
      "tsconfig.build.json": "{}",
      "src/main.ts": "",
      "dist/cli/breakglass.js": PROGRAM,
      "dist/.built": "",
    })) {
      await mkdir(join(clone, path, ".."), { recursive: true });
      await writeFile(join(clone, path), text);
      if (!path.startsWith("dist")) await utimes(join(clone, path), old, old);
    }
    await utimes(join(clone, "src"), old, old);
  });
  afterEach(() => rm(clone, { recursive: true, force: true }));

  function start(args: string[] = [], extra: NodeJS.ProcessEnv = {}) {
    const script = join(clone, "scripts", "start.mjs");
    const result = spawnSync(process.execPath, [script, ...args], { env: { ...env, ...extra }, encoding: "utf8" });
    const called = JSON.parse(result.stdout || "{}") as { args?: string[]; program?: string; level?: string };
    return { ...result, called };
  }

  it("opens the demo when nothing is configured, passes arguments on, and keeps the exit code", () => {
    const { called, status, stderr } = start(["--play"]);
    assert.deepEqual(called.args, ["demo", "--play"]);
    assert.equal(called.program, join(clone, "dist/cli/breakglass.js"));
    assert.equal(status, 5);
    assert.equal(stderr, "", "nothing was installed or built, so there is nothing to say");
  });

  it("serves when there is an .env, which is loaded and yields to the environment", async () => {
    await writeFile(join(clone, ".env"), "LOG_LEVEL=debug\n");
    assert.deepEqual(start().called.args, ["serve"]);
    assert.equal(start().called.level, "debug");
    assert.equal(start([], { LOG_LEVEL: "warn" }).called.level, "warn");
  });

  it("serves when the environment has a Slack token", () => {
    assert.deepEqual(start([], { SLACK_BOT_TOKEN: "xoxb-1" }).called.args, ["serve"]);
  });

  it("builds when a source is newer than the last build, and only then", async () => {
    await utimes(join(clone, "src/main.ts"), new Date(), new Date(Date.now() + 1_000));
    const { stderr, status } = start();
    assert.match(stderr, /^Building \.\.\.\nBuilding: done in \d+\.\d s\n$/);
    assert.equal(await readFile(join(clone, "compiled"), "utf8"), "-p tsconfig.build.json --noCheck");
    assert.equal(status, 5, "and then starts");
  });

  it("builds when dist is missing, and stops when that fails", async () => {
    await rm(join(clone, "dist"), { recursive: true });
    await writeFile(join(clone, "node_modules/typescript/bin/tsc"), "process.exit(2);");
    const { stderr, status, stdout } = start();
    assert.match(stderr, /Building: failed/);
    assert.deepEqual([status, stdout], [2, ""]);
  });

  it("installs when a package is missing or of another version, and stops with npm's code when that fails", async () => {
    const other = JSON.stringify({ packages: { "node_modules/one": { version: "0.9.0" } } });
    await writeFile(join(clone, "node_modules/.package-lock.json"), other);
    await mkdir(join(clone, "bin"));
    await writeFile(join(clone, "bin/npm"), '#!/bin/sh\necho "npm $*: no network" >&2\nexit 9\n', { mode: 0o755 });
    const { stderr, status } = start([], { PATH: `${join(clone, "bin")}${delimiter}${process.env["PATH"] ?? ""}` });
    assert.match(stderr, /^Installing packages.*\nnpm ci --no-audit --no-fund: no network\n/);
    assert.equal(status, 9);
  });

  it("is the program itself afterwards: a signal reaches it, and its exit code is the one that counts", async () => {
    const child = spawn(process.execPath, [join(clone, "scripts", "start.mjs"), "--wait"], { env });
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number];
    assert.equal(code, 3);
  });
});

describe("nodeProblem", () => {
  it("names what is needed, and only when it is", async () => {
    const url = pathToFileURL(join(root, "scripts/node-version.mjs")).href;
    const { nodeProblem } = (await import(url)) as { nodeProblem: (v: string, range: string) => string | undefined };
    for (const version of ["v20.12.0", "v20.20.2", "v22.0.0"]) assert.equal(nodeProblem(version, ">=20.12"), undefined);
    for (const version of ["v18.20.4", "v20.9.0", "v8.0.0"]) {
      assert.match(nodeProblem(version, ">=20.12") ?? "", /is too old: 20\.12 or newer/);
    }
  });
});

describe("isInstalled", () => {
  it("asks for what this platform and purpose need, at the version asked for", async () => {
    type Lock = { packages: Record<string, Record<string, unknown>> };
    const url = pathToFileURL(join(root, "scripts/install.mjs")).href;
    const { isInstalled } = (await import(url)) as {
      isInstalled: (wanted: Lock, present: Lock | undefined, options: { dev: boolean }) => boolean;
    };
    const lock = (packages: Lock["packages"]): Lock => ({ packages });
    const wanted = lock({
      "": { version: "0.1.0" },
      a: { version: "1.0.0" },
      tool: { version: "2.0.0", dev: true },
      mac: { version: "3.0.0", optional: true },
    });
    const a = { version: "1.0.0" };
    const tool = { version: "2.0.0" };
    assert.equal(isInstalled(wanted, undefined, { dev: false }), false);
    assert.equal(isInstalled(wanted, lock({ a, tool }), { dev: true }), true);
    assert.equal(isInstalled(wanted, lock({ a }), { dev: false }), true);
    assert.equal(isInstalled(wanted, lock({ a }), { dev: true }), false);
    assert.equal(isInstalled(wanted, lock({ tool }), { dev: true }), false);
    assert.equal(isInstalled(wanted, lock({ a: { version: "1.0.1" }, tool }), { dev: true }), false);
    assert.equal(isInstalled(wanted, lock({ a, tool, mac: { version: "2.9.0" } }), { dev: true }), false);
  });
});
