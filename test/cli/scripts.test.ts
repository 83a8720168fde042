import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connectRedis } from "../../src/redis/connect.ts";
import { silent } from "../../src/log.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { match, play, readTranscript } from "./transcript.ts";

const LEDGER = join(import.meta.dirname, "../fixtures/ledger-v1.jsonl");
const transcript = (name: string) => join(import.meta.dirname, `scripts/${name}.txt`);

describe("breakglass, alone", { concurrency: 2 }, () => {
  let redis: TestRedis;

  before(async () => {
    redis = await startTestRedis();
    const connection = connectRedis(redis.url, { role: "commands", log: silent });
    await connection.config("SET", "appendonly", "no");
    connection.disconnect();
  });
  after(() => redis.stop());

  it("shows help with examples", () => play(transcript("help")));
  it("says what it can't understand", () => play(transcript("usage")));
  it("checks a policy", () => play(transcript("policy-check")));
  it("explains a verdict", () => play(transcript("policy-explain")));
  it("keeps sealed accounts", () => play(transcript("vault")));
  it("verifies a ledger", () => play(transcript("ledger-verify"), { LEDGER }));
  it("refuses to serve where that would not be safe", () => play(transcript("serve-refuses"), { REDIS: redis.url }));
});

describe("a transcript", () => {
  it("holds commands with what comes of them, and files", () => {
    const source = "# Why.\n$ one <a b>\nout\n\n! err\n[exit 2]\n\n# More.\n$ two\n-- d/a.txt --\n$ x\n";
    const { steps, files } = readTranscript(source);
    assert.deepEqual(steps, [
      { line: 2, command: "one <a b>", stdout: "out", stderr: "err", exit: 2 },
      { line: 9, command: "two", stdout: "", stderr: "", exit: 0 },
    ]);
    assert.deepEqual([...files], [["d/a.txt", "$ x\n"]]);
  });

  it("is held against what came: … is anything in a line, or some lines", () => {
    match("a 1.5 b\nx\n\ny\nend", "a … b\n…\nend", "");
    for (const [actual, expected] of [
      ["a b", "a"],
      ["a\nb", "a …"],
      ["a1b", "a.b"],
      ["", "a"],
      ["end", "…\nend"],
      ["begin\nend", "…\nand"],
    ] as const)
      assert.throws(() => {
        match(actual, expected, "");
      }, assert.AssertionError);
  });
});
