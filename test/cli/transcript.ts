import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { programOf } from "./program.ts";

/** One command of a transcript, and what is to come of it. */
export interface Step {
  readonly line: number;
  readonly command: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/** What a transcript holds: commands in their order, and the files that they find. */
export interface Transcript {
  readonly steps: readonly Step[];
  readonly files: ReadonlyMap<string, string>;
}

/** No output may hold this. Whatever is secret in a transcript is spelt with it. */
export const SECRET = "tell-nobody";

/**
 * Reads a transcript. `#` begins a remark, `$` a command for the shell; then comes its stdout, its stderr with `! ` before
 * each line, and `[exit 1]` unless it is 0. `…` stands for anything in a line, and alone on one for one line or more; `$NAME` is the variable's value, in what is expected too.
 * `-- name --` begins a file.
 *
 * @param source - the transcript's text
 */
export function readTranscript(source: string): Transcript {
  const [script = "", ...parts] = source.split(/^-- (\S+) --\n/m);
  const files = new Map<string, string>();
  for (let at = 0; at < parts.length; at += 2) files.set(parts[at] ?? "", parts[at + 1] ?? "");
  const steps: { line: number; command: string; out: string[]; err: string[]; exit: number }[] = [];
  for (const [index, line] of script.split("\n").entries()) {
    const step = steps.at(-1);
    if (line.startsWith("#")) continue;
    if (line.startsWith("$ ")) steps.push({ line: index + 1, command: line.slice(2), out: [], err: [], exit: 0 });
    else if (step === undefined) assert.equal(line, "", `line ${index + 1} stands before the first command`);
    else if (line.startsWith("[exit ")) step.exit = Number(line.slice("[exit ".length, -1));
    else if (line.startsWith("!")) step.err.push(line.slice(2));
    else step.out.push(line);
  }
  return {
    files,
    steps: steps.map(({ out, err, ...step }) => ({ ...step, stdout: ended(out.join("\n")), stderr: err.join("\n") })),
  };
}

/**
 * Runs a transcript in a folder of its own, and holds what comes of each command against it.
 *
 * @param path - the transcript
 * @param env - variables for its commands, beside `PATH`
 * @param secrets - what no output may hold, beside {@link SECRET}
 */
export async function play(path: string, env: NodeJS.ProcessEnv = {}, secrets: readonly string[] = []): Promise<void> {
  const { steps, files } = readTranscript(await readFile(path, "utf8"));
  assert.ok(steps.length > 0, `${path} has no command`);
  const dir = await mkdtemp(join(tmpdir(), "bg-transcript-"));
  try {
    for (const [name, content] of files) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      await writeFile(join(dir, name), content);
    }
    const PATH = `${await programOf(join(dir, ".bin"))}:${process.env["PATH"] ?? ""}`;
    for (const step of steps) {
      const child = spawn("/bin/sh", ["-c", step.command], { cwd: dir, env: { ...env, PATH }, stdio: "pipe" });
      child.stdin.end();
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
      const where = `${path}:${step.line}\n$ ${step.command}`;
      for (const secret of [SECRET, ...secrets])
        assert.equal((stdout + stderr).includes(secret), false, `${where}\nsays ${secret}`);
      match(ended(stdout), valued(step.stdout, env), `${where}\nstdout`);
      match(stderr.trimEnd(), valued(step.stderr, env), `${where}\nstderr`);
      assert.equal(child.exitCode, step.exit, `${where}\nexit code; stderr: ${stderr}`);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function valued(expected: string, env: NodeJS.ProcessEnv): string {
  return expected.replace(/\$([A-Z]+)/g, (name, key: string) => env[key] ?? name);
}

function ended(lines: string): string {
  return lines.replace(/\n+$/, "");
}

/** Equal, but for what `…` stands for. What differs is shown whole. */
export function match(actual: string, expected: string, where: string): void {
  const pattern = expected
    .split("\n")
    .map((line) => (line === "…" ? "(?:.*\\n)*?.*" : line.split("…").map(escaped).join(".*")))
    .join("\n");
  if (!new RegExp(`^${pattern}$`).test(actual)) assert.equal(actual, expected, where);
}

function escaped(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
