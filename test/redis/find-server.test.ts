import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Redis } from "ioredis";
import { CodedError } from "../../src/errors.ts";
import { silent } from "../../src/log.ts";
import { findRedisServer } from "../../src/redis/find-server.ts";
import { startPrivateRedis } from "../../src/redis/private-redis.ts";
import type { RedisServer, ServerSearch } from "../../src/redis/redis-server.ts";
import { runCommand } from "../../src/redis/run-command.ts";
import { serverFromDocker } from "../../src/redis/server-from-docker.ts";
import { serverFromPackages } from "../../src/redis/server-from-packages.ts";
import { TEST_CACHE } from "../support/redis.ts";

describe("findRedisServer", () => {
  let home: string;
  let cacheDir: string;
  let said: string[];
  const say = (line: string): void => void said.push(line);

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "breakglass-find-"));
    cacheDir = join(home, "cache");
    said = [];
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  /** A stand-in that only tells a version: real servers of many versions are not at hand. */
  async function standIn(folder: string, name: string, answer: string): Promise<string> {
    await mkdir(join(home, folder), { recursive: true });
    await writeFile(join(home, folder, name), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
    return join(home, folder, name);
  }

  const REDIS_7 = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1";

  it("takes the first server on PATH", async () => {
    const command = await standIn("b", "redis-server", REDIS_7);
    await standIn("c", "redis-server", REDIS_7);
    const env = { PATH: `${home}/a:${home}/b:${home}/c` };
    assert.deepEqual(await findRedisServer({ env, cacheDir, say }), { command, version: "7.0.15" });
    assert.deepEqual(said, []);
  });

  it("takes Valkey where there is no Redis", async () => {
    const command = await standIn("a", "valkey-server", "Valkey server v=8.1.1 sha=00000000:0 bits=64 build=2");
    assert.deepEqual(await findRedisServer({ env: { PATH: `${home}/a` }, cacheDir }), { command, version: "8.1.1" });
  });

  it("passes over what is too old, does not run, or is not executable, and says what is too old", async () => {
    await standIn("a", "redis-server", "Redis server v=6.0.16 sha=00000000:0 bits=64 build=3");
    await writeFile(await standIn("b", "redis-server", ""), "#!/bin/sh\nexit 1\n");
    await chmod(await standIn("c", "redis-server", REDIS_7), 0o644);
    const command = await standIn("d", "redis-server", REDIS_7);
    const env = { PATH: ["a", "b", "c", "d"].map((folder) => join(home, folder)).join(":") };
    assert.equal((await findRedisServer({ env, cacheDir, say })).command, command);
    assert.deepEqual(said, [`${home}/a/redis-server is version 6.0.16; 6.2 or newer is needed.`]);
  });

  it("prefers the server that BREAKGLASS_REDIS_SERVER names", async () => {
    await standIn("a", "redis-server", REDIS_7);
    const command = await standIn("mine", "some-redis", REDIS_7);
    const env = { PATH: `${home}/a`, BREAKGLASS_REDIS_SERVER: command };
    assert.equal((await findRedisServer({ env, cacheDir })).command, command);
  });

  it("names three ways when there is none, with commands to paste", async () => {
    await assert.rejects(findRedisServer({ env: { PATH: home }, cacheDir }), (error) => {
      assert.ok(error instanceof CodedError && error.code === "REDIS_MISSING");
      for (const way of ["apt-get install -y redis-server", "brew install redis", "docker run", "REDIS_URL="]) {
        assert.ok(error.next.includes(way), way);
      }
      return true;
    });
  });
});

describe("a server that is fetched", () => {
  let home: string;
  let real: RedisServer;
  before(async () => {
    real = await findRedisServer({ env: process.env, cacheDir: TEST_CACHE });
    home = await mkdtemp(join(tmpdir(), "breakglass-fetch-"));
  });
  after(() => rm(home, { recursive: true, force: true }));

  function search(env: NodeJS.ProcessEnv, said: string[]): ServerSearch {
    const say = (line: string): void => void said.push(line);
    return { env, cacheDir: join(home, "cache"), log: silent, say, isRoot: process.getuid?.() === 0 };
  }

  /** Runs it with a private Redis's own configuration, and asks it something. */
  async function proveItServes(server: RedisServer): Promise<void> {
    const redis = await startPrivateRedis({ dir: join(home, "data"), env: process.env, server });
    try {
      const client = new Redis(redis.url);
      assert.equal(await client.eval("return ARGV[1]", 0, "hello"), "hello");
      client.disconnect();
    } finally {
      await redis.stop();
    }
  }

  it("comes from the system's packages without installing anything, once", async (t) => {
    const said: string[] = [];
    const server = await serverFromPackages(search(process.env, said));
    if (!server) {
      t.skip("no apt-get here, or its package source can't be reached");
      return;
    }
    assert.ok(server.command.startsWith(home));
    assert.match(said.join("\n"), /no root needed/);
    await proveItServes(server);
    said.length = 0;
    assert.deepEqual(await serverFromPackages(search({ PATH: "" }, said)), server, "kept, so no tool is needed again");
    assert.deepEqual(said, []);
  });

  it("runs in Docker under redis-server's own usage, on the loopback address only", async () => {
    // A stand-in for the daemon: it notes how it was called and runs the server it was asked for.
    const script = `#!/bin/sh
echo "$@" >> "${home}/calls"
[ "$1" = run ] || exit 0
while [ "$1" != redis-server ]; do shift; done
exec "${real.command}" "$2"
`;
    await mkdir(join(home, "bin"));
    await writeFile(join(home, "bin", "docker"), script, { mode: 0o755 });
    const said: string[] = [];
    const env = { ...process.env, PATH: `${join(home, "bin")}:${process.env["PATH"] ?? ""}` };
    const server = await serverFromDocker(search(env, said));
    assert.equal(server?.version, real.version);
    assert.match(said.join("\n"), /with Docker/);
    const redis = await startPrivateRedis({ dir: join(home, "docker"), env, server });
    const { port, password } = new URL(redis.url);
    await redis.stop();
    const calls = (await readFile(join(home, "calls"), "utf8")).trim().split("\n");
    const run = calls.at(-1) ?? "";
    assert.match(run, new RegExp(`^run .*-p 127\\.0\\.0\\.1:${port}:${port} -v ${home}/docker:${home}/docker `));
    assert.doesNotMatch(calls.join("\n"), new RegExp(password));
    const name = /--name (\S+)/.exec(run)?.[1] ?? "";
    assert.ok(calls.includes(`rm -f ${name}`), "what a crash left behind is removed first");
  });

  it("leaves commands that are not there at a plain no", async () => {
    const result = await runCommand("no-such-command", [], { env: {}, timeoutMs: 1_000 });
    assert.equal(result.ok, false);
    assert.equal(await serverFromDocker(search({ PATH: "" }, [])), undefined);
  });
});
