import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { z } from "zod";
import { Observe } from "../../src/app/observe.ts";
import { replay, showCommands } from "../../src/cli/commands-of.ts";
import { verifyLedger } from "../../src/cli/ledger.ts";
import { writeRecord } from "../../src/cli/record.ts";
import type { Connection } from "../../src/connection.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { Recordings } from "../../src/recording/recordings.ts";
import { granted, ID, MINUTE, opened, recorded, T0 } from "../domain/given.ts";
import { OF, statement } from "../recording/statement.ts";
import { plainIo } from "../support/plain-io.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { vouch } from "../support/vouch.ts";

describe("what was run, on the command line", () => {
  let server: TestRedis;
  let redis: Connection;
  let dir: string;
  let path: string;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    server = await startTestRedis();
    dir = await mkdtemp(join(tmpdir(), "bg-commands-"));
    env = { REDIS_URL: server.url, DATA_DIR: dir, LEDGER_KEY_FILE: join(dir, "none") };
    redis = connectRedis(server.url, { role: "commands", log: silent });
    await vouch(redis);
    const ledger = new Ledger(redis, () => "AAAAAAAAAAAAAAAAAAAAAA");
    const events = recorded([opened(), ...granted(15 * MINUTE)]).map(
      ({ seq: _seq, hash: _hash, at: _at, ...event }) => event,
    );
    await ledger.record({ id: ID, state: undefined, events, at: T0 });
    let now = T0 + MINUTE;
    const recordings = new Recordings(dir, "a", () => now);
    const observe = new Observe({
      ...{ ledger, recordings, now: () => now, log: silent },
      ...{ live: () => ({ has: () => true }), recorded: () => undefined },
    });
    const recording = recordings.of(OF);
    path = join(recordings.folder, recording.name);
    const two = recording.begin(statement("SELECT pg_sleep(60)", { at: now, session: "2" }));
    now += 40;
    const one = recording.begin(
      statement("UPDATE orders\n  SET a = $1\u001b[31m", { at: now, parameters: ["x", null] }),
    );
    recording.end(one, { ms: 12.4, rows: 97, command: "UPDATE 97" });
    now += 3_000;
    recording.end(recording.begin(statement("DROP TABLE x", { at: now })), {
      ms: 1,
      error: { code: "42P01", message: "no x" },
    });
    await observe.look(true);
    now += 57_000;
    recording.end(two, { ms: 60_000, rows: 1, bytes: 4, command: "SELECT 1" });
    recording.begin(statement("SELECT 2", { at: now }));
    await observe.stop();
  });
  after(async () => {
    redis.disconnect();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it("is a table, a statement a line, in the order in which they began", async () => {
    const io = plainIo(env);
    assert.equal(await showCommands(io, "7k3m2q", { json: false }), 0);
    assert.deepEqual(io.results, [
      "TIME      SESSION       ROWS       MS  ERROR   STATEMENT",
      "03:13:09  2                1    60000          SELECT pg_sleep(60)",
      "03:13:09  1               97       12          UPDATE orders SET a = $1[31m",
      "03:13:12  1                         1  42P01   DROP TABLE x",
      "03:14:09  1                         …          SELECT 2",
    ]);
    assert.deepEqual(io.talked, ["as the ledger has it: BG-7K3M2Q.a-1.ndjson"]);
  });

  it("is JSON for programs", async () => {
    const io = plainIo(env);
    assert.equal(await showCommands(io, ID, { json: true }), 0);
    const read = z
      .object({
        recordings: z.array(z.object({ held: z.int() })),
        statements: z.array(z.looseObject({ sql: z.string() })),
      })
      .parse(JSON.parse(io.results.join("\n")));
    assert.deepEqual(read.recordings, [{ held: 2 }]);
    assert.equal(read.statements.length, 4);
    assert.equal(read.statements[1]?.["rows"], 97);
    assert.deepEqual(read.statements[1]["parameters"], ["x", null]);
    assert.equal(read.statements[1]["at"], "2026-11-23T03:13:09.040Z");
  });

  it("is played again, with its pauses", async () => {
    const io = plainIo(env);
    const pauses: number[] = [];
    const pause = (ms: number) => {
      pauses.push(Math.round(ms));
      return Promise.resolve();
    };
    assert.equal(await replay(io, ID, { speed: "2", pause }), 0);
    assert.deepEqual(io.results, [
      "03:13:09  2> SELECT pg_sleep(60)",
      "          SELECT 1, 60000 ms",
      "03:13:09  1> UPDATE orders",
      "          SET a = $1[31m",
      "          $1 = x, $2 = NULL",
      "          UPDATE 97, 12 ms",
      "          … 3 s",
      "03:13:12  1> DROP TABLE x",
      "          refused (42P01): no x, 1 ms",
      "          … 57 s",
      "03:14:09  1> SELECT 2",
      "          not known to have ended",
    ]);
    assert.deepEqual(pauses, [0, 0, 1_494, 5_000]);
    await assert.rejects(replay(io, ID, { speed: "fast" }), { code: "BAD_USAGE" });
  });

  const recordOf = async () => {
    const io = plainIo(env);
    assert.equal(await writeRecord(io, ID, {}), 0);
    const [, run = ""] = /<h2 id="run">([\s\S]*?)<\/section>/.exec(io.results.join("\n")) ?? [];
    return run.replaceAll(/\s+/g, " ");
  };

  it("stands in the record, letter for letter, with what became of it and whether the recording is what the ledger says", async () => {
    const html = await recordOf();
    assert.match(html, /alice ran 3 statements: 1 SELECT, 1 UPDATE of 97 rows in orders, 1 DDL\. 1 failed\./);
    assert.match(
      html,
      /✓ Verified again:<\/strong> BG-7K3M2Q\.a-1\.ndjson is what the ledger says, at each of the 2 times/,
    );
    assert.match(html, /UPDATE orders SET a = \$1\\u001b\[31m<\/pre/);
    assert.match(html, /with \$1 = &quot;x&quot;, \$2 = NULL/);
    assert.match(html, /UPDATE 97, 97 rows, 12\.4 ms/);
    assert.match(html, /refused \(42P01\):<\/strong> no x, 1 ms/);
    assert.match(html, /4 statements <\/caption>/);
  });

  it("is verified with the ledger, and a recording that was altered or is missing is told", async () => {
    const verify = async () => {
      const io = plainIo(env);
      const code = await verifyLedger(io, { keys: [], stepUp: false, recordings: true, json: false });
      return { code, said: io.results.join("\n") };
    };
    assert.match((await verify()).said, /1 recording of what was run, each as the ledger has it/);
    const bytes = await readFile(path);
    const altered = bytes.toString("utf8").replace("DROP TABLE x", "SELECT 123x");
    await writeFile(path, altered.padEnd(bytes.length, " "));
    const found = await verify();
    assert.equal(found.code, 1);
    assert.match(found.said, /a-1\.ndjson was altered before byte \d+/);
    const io = plainIo(env);
    assert.equal(await showCommands(io, ID, { json: false }), 1);
    assert.match(io.talked.join("\n"), /error: BG-7K3M2Q\.a-1\.ndjson was altered/);
    assert.equal(await replay(plainIo(env), ID, { speed: "1000000" }), 1);
    assert.match(await recordOf(), /✗ Not as the ledger has it:<\/strong> BG-7K3M2Q\.a-1\.ndjson was altered/);
    await rm(path);
    assert.match((await verify()).said, /is not here: it was removed, or is on another machine/);
    assert.equal(await showCommands(plainIo(env), ID, { json: false }), 1);
    assert.match(await recordOf(), /The statements one by one are not in this file/);
  });
});
