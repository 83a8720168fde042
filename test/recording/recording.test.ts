import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { readRecorded, type Recorded } from "../../src/domain/recorded.ts";
import { CodedError } from "../../src/errors.ts";
import { checkRecording, findRecordings, positionOf, readRecording } from "../../src/recording/read-recording.ts";
import { Recording } from "../../src/recording/recording.ts";
import { Recordings } from "../../src/recording/recordings.ts";
import { sourceArguments } from "../support/source-arguments.ts";
import { OF, statement } from "./statement.ts";

const unwritable = (error: unknown) => error instanceof CodedError && error.code === "RECORDING_UNWRITABLE";

describe("a recording", () => {
  let dir: string;
  let recordings: Recordings;
  const pathOf = (recording: Recording) => join(recordings.folder, recording.name);
  const linesOf = (recording: Recording): Recorded[] =>
    readFileSync(pathOf(recording), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => {
        const read = readRecorded(line);
        assert.ok(read, line);
        return read;
      });

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-recording-"));
    recordings = new Recordings(dir, "a1b2c3d4", () => 1_000);
  });
  afterEach(async () => {
    recordings.close();
    await rm(dir, { recursive: true, force: true });
  });

  it("has each statement when begin returns, and what became of it when end does", () => {
    const recording = recordings.of(OF);
    const n = recording.begin(statement("UPDATE orders SET status = $1", { parameters: ["queued"] }));
    assert.deepEqual(linesOf(recording).at(-1), {
      ...{ n: 1, at: Date.UTC(2026, 10, 23, 3, 14, 20), session: "1", from: "10.0.0.7" },
      ...{ sql: "UPDATE orders SET status = $1", parameters: ["queued"], kinds: { UPDATE: 1 } },
      does: [{ kind: "UPDATE", verb: "UPDATE", tables: ["orders"], written: ["orders"], everyRow: true }],
    });
    recording.end(n, { ms: 12.5, command: "UPDATE 97", rows: 97 });
    assert.deepEqual(linesOf(recording).at(-1), {
      ...{ end: 1, began: Date.UTC(2026, 10, 23, 3, 14, 20), kind: "UPDATE", tables: ["orders"] },
      ...{ ms: 12.5, command: "UPDATE 97", rows: 97 },
    });
  });

  it("is its owner's alone, and named by request and process", () => {
    const recording = recordings.of(OF);
    assert.equal(recording.name, "BG-7K3M2Q.a1b2c3d4-1.ndjson");
    assert.equal(statSync(pathOf(recording)).mode & 0o777, 0o600);
    assert.equal(statSync(recordings.folder).mode & 0o777, 0o700);
    assert.equal(recordings.of(OF), recording);
    assert.deepEqual(linesOf(recording), [
      { v: 1, request: "BG-7K3M2Q", target: "orders-db", by: "gateway", startedAt: 1_000 },
    ]);
  });

  it("says how far it is on the disk, and with which hash", async () => {
    const recording = recordings.of(OF);
    recording.begin(statement("SELECT 'ü💥'"));
    const position = await recording.flushed();
    const bytes = readFileSync(pathOf(recording));
    assert.deepEqual(position, { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
    assert.deepEqual(await positionOf(recordings.folder, recording.name), position);
  });

  it("has no secrets: not the values of the columns that the policy names, no passwords, and no server's word of them", () => {
    const recording = recordings.of({ ...OF, mask: ["email"] });
    const n = recording.begin(
      statement("SELECT * FROM people WHERE email = $1 AND id = 'hunter2'", { parameters: ["a@b.test"] }),
    );
    recording.end(n, { ms: 1, error: { code: "22P02", message: 'invalid input syntax: "hunter2"' } });
    recording.begin(statement("ALTER ROLE x PASSWORD 'hunter2'"));
    recording.begin(statement("hunter2"));
    recording.begin(statement("SELECT 1; hunter2", { parameters: ["hunter2"] }));
    recordings.of({ ...OF, mask: ["iban"] });
    recording.begin(statement("SELECT * FROM people WHERE iban = 'hunter2'"));
    recording.begin(statement("SELECT * FROM people WHERE email = 'hunter2'"));
    const text = readFileSync(pathOf(recording), "utf8");
    assert.doesNotMatch(text, /hunter2|a@b\.test/);
    assert.match(text, /ALTER ROLE x PASSWORD '\*\*\*'/);
  });

  it("takes what is hostile or huge: control characters, half characters, a hundred megabytes that were cut, a thousand statements", () => {
    const recording = recordings.of(OF);
    for (const sql of ["SELECT '\u0000\u001b[2J\ud800\n'", "", "\u202e"]) recording.begin(statement(sql));
    const cut = statement(`SELECT '${"x".repeat(1_100_000)}'`, { cutFrom: 104_857_600 });
    recording.begin(cut);
    recording.begin(statement("SELECT 1;".repeat(1_000)));
    recording.begin(
      statement("SELECT $1", { parameters: ["y".repeat(1_000_000), ...Array<string>(70_000).fill("z")] }),
    );
    const [, , , , long, many, bound] = linesOf(recording);
    assert.ok(long && many && bound && "sql" in long && "sql" in many && "sql" in bound);
    assert.equal(long.sql.length, 1_000_000);
    assert.equal(long.cutFrom, 104_857_600);
    assert.deepEqual(many.kinds, { SELECT: 1_000 });
    assert.equal(many.does.length, 50);
    assert.equal(bound.parameters?.length, 1_001);
    assert.ok(statSync(pathOf(recording)).size < 2_000_000);
  });

  it("says the same of a text that it has seen before, and of another one what that does", () => {
    const recording = recordings.of(OF);
    for (const sql of ["DELETE FROM a", "SELECT 1", "DELETE FROM a", "hunter2", "hunter2"])
      recording.begin(statement(sql));
    const said = linesOf(recording).flatMap((line) => ("n" in line ? [[line.sql, line.kinds]] : []));
    assert.deepEqual(said[0], said[2]);
    assert.deepEqual(said[1], ["SELECT 1", { SELECT: 1 }]);
    assert.deepEqual(said.slice(3), [
      ["***", { other: 1 }],
      ["***", { other: 1 }],
    ]);
  });

  it("takes the target's word for what was prepared before", () => {
    const recording = recordings.of(OF);
    recording.end(recording.begin(statement("EXECUTE p")), { ms: 1, command: "DELETE 97", rows: 97 });
    const last = linesOf(recording).at(-1);
    assert.equal(last && "kind" in last ? last.kind : "", "DELETE");
  });

  it("refuses when it can't be made", async () => {
    await writeFile(join(dir, "file"), "");
    assert.throws(() => new Recordings(join(dir, "file"), "a", () => 0).of(OF), unwritable);
    const taken = join(dir, "BG-7K3M2Q.a-1.ndjson");
    await writeFile(taken, "somebody else's");
    assert.throws(() => new Recording(taken, OF, () => 0), unwritable);
  });

  it("refuses when somebody removed it, wrote into it or shortened it", () => {
    const touch: ((path: string) => void)[] = [
      (path) => {
        rmSync(path);
      },
      (path) => {
        appendFileSync(path, "{}\n");
      },
      (path) => {
        truncateSync(path, 10);
      },
    ];
    for (const [index, change] of touch.entries()) {
      const recording = recordings.of({ ...OF, request: `BG-00000${index}` });
      recording.begin(statement("SELECT 1"));
      change(pathOf(recording));
      assert.throws(() => recording.begin(statement("SELECT 2")), unwritable);
      // Who connects again gets a file that is whole.
      const next = recordings.of({ ...OF, request: `BG-00000${index}` });
      assert.notEqual(next.name, recording.name);
      next.begin(statement("SELECT 3"));
    }
  });

  it("refuses when it is full, and whole lines are left", () => {
    const path = join(dir, "BG-7K3M2Q.b-1.ndjson");
    const recording = new Recording(path, OF, () => 0, 1_000);
    const n = recording.begin(statement("SELECT 1"));
    assert.throws(() => recording.begin(statement(`SELECT '${"x".repeat(1_000)}'`)), unwritable);
    recording.end(n, { ms: 1 });
    const lines = readFileSync(path, "utf8").split("\n");
    assert.deepEqual([lines.length, lines.at(-1)], [4, ""]);
    recording.close();
    assert.throws(() => recording.begin(statement("SELECT 1")), unwritable);
  });

  it("refuses on a file system without room, and leaves no half line", async () => {
    // A limit on the size of files is the disk that is full, as the kernel tells it.
    const node = [process.execPath, ...sourceArguments(join(import.meta.dirname, "run-until-full.ts")), dir];
    const child = spawn("sh", ["-c", 'ulimit -f 8; exec "$@"', "sh", ...node], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await once(child, "close");
    const [n = "", code] = said.trim().split(" ");
    assert.equal(code, "RECORDING_UNWRITABLE");
    const text = readFileSync(join(dir, "recordings/BG-7K3M2Q.full-1.ndjson"), "utf8");
    assert.ok(text.endsWith("}\n"));
    assert.equal(text.trimEnd().split("\n").length, Number(n) + 1);
  });

  it("loses nothing of what begin returned for when the process is killed", async () => {
    const child = spawn(process.execPath, [...sourceArguments(join(import.meta.dirname, "run-until-killed.ts")), dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.split("\n").length > 300) child.kill("SIGKILL");
    });
    await once(child, "close");
    assert.equal(child.signalCode, "SIGKILL");
    const last = Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1));
    const [found] = await findRecordings(recordings.folder, OF.request);
    assert.ok(found);
    const ended = new Set<number>();
    for await (const line of readRecording(recordings.folder, found.name)) if ("end" in line) ended.add(line.end);
    for (let n = 1; n <= last; n += 1) assert.ok(ended.has(n), `statement ${n} of ${last}`);
  });

  it("is read without a last line that isn't whole, from any line on", async () => {
    const recording = recordings.of(OF);
    recording.begin(statement("SELECT 1"));
    const from = statSync(pathOf(recording)).size;
    recording.begin(statement("SELECT 'ü'"));
    const { size } = statSync(pathOf(recording));
    appendFileSync(pathOf(recording), '{"n":3,"at":');
    const read: Recorded[] = [];
    for await (const line of readRecording(recordings.folder, recording.name, { from })) read.push(line);
    assert.deepEqual(
      read.map((line) => ("n" in line ? line.sql : "")),
      ["SELECT 'ü'"],
    );
    assert.equal((await positionOf(recordings.folder, recording.name)).size, size);
  });

  it("is held against what was said of it: altered, shortened, gone, or longer by now", async () => {
    const recording = recordings.of(OF);
    recording.begin(statement("SELECT 1"));
    const one = await recording.flushed();
    recording.begin(statement("DELETE FROM orders"));
    const two = await recording.flushed();
    recording.begin(statement("SELECT 3"));
    const three = await recording.flushed();
    const check = () => checkRecording(recordings.folder, recording.name, [two, one]);
    assert.deepEqual(await check(), { name: recording.name, held: 2, unsaid: three.size - two.size });

    const path = pathOf(recording);
    const bytes = readFileSync(path);
    await writeFile(path, bytes.toString("utf8").replace("DELETE FROM orders", "SELECT 1 -- orders"));
    assert.match((await check()).problem ?? "", new RegExp(`altered before byte ${two.size}; up to byte ${one.size}`));
    await writeFile(path, bytes.subarray(0, two.size - 1));
    assert.match((await check()).problem ?? "", /was shortened/);
    rmSync(path);
    assert.match((await check()).problem ?? "", /is not here/);
    const outside = await checkRecording(recordings.folder, "../../etc/passwd", [one]);
    assert.match(outside.problem ?? "", /is not here/);
  });

  it("gives its file back when the grant is over and all of it is told, and takes no more then", async () => {
    const recording = recordings.of(OF);
    recording.begin(statement("SELECT 1"));
    recordings.closeOver({ has: () => false });
    assert.equal(recordings.open.length, 1);
    recording.settle(await recording.flushed());
    recordings.closeOver({ has: () => true });
    assert.equal(recordings.open.length, 1);
    recordings.closeOver({ has: () => false });
    assert.equal(recordings.open.length, 0);
    assert.throws(() => recording.begin(statement("SELECT 2")), unwritable);
    assert.equal(recordings.of(OF).name, "BG-7K3M2Q.a1b2c3d4-2.ndjson");
  });

  it("refuses in a folder that may not be written", async (t) => {
    if (process.getuid?.() === 0) {
      t.skip("root may write everywhere");
      return;
    }
    await mkdir(join(dir, "closed"));
    await chmod(join(dir, "closed"), 0o500);
    assert.throws(() => new Recordings(join(dir, "closed"), "a", () => 0).of(OF), unwritable);
  });
});
