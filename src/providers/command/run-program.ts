import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { CodedError } from "../../errors.ts";
import { scrub } from "../../scrub.ts";

/** How a program is run. */
export interface Program {
  /** The program and its arguments, as they are: no shell reads them. */
  readonly command: readonly string[];
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  /** What is taken out of the words in which it fails: secrets that it is given. */
  readonly hide?: readonly string[];
}

/** What a program that was asked to end may still take, before it is killed. */
const GRACE_MS = 500;
const MAX_OUTPUT = 1_000_000;
const SAID = 500;
/** sysexits.h EX_TEMPFAIL: nothing was done, try later. */
const EX_TEMPFAIL = 75;

/**
 * Runs a program to its end, with its own process group, so that ending it ends what it started.
 *
 * @param program - what to run
 * @param input - goes to its stdin
 * @param signal - ends it early
 * @returns its stdout, at most 1 MB
 * @throws CodedError `TARGET_UNREACHABLE` when it can't be started or exits with 75, `TARGET_TIMEOUT` when it was stopped or
 * died of a signal, `TARGET_REFUSED` for any other exit code
 */
export async function runProgram(program: Program, input: string, signal: AbortSignal): Promise<string> {
  const [path = "", ...args] = program.command;
  if (signal.aborted) throw timedOut(path);
  const child = spawn(path, args, { env: { ...program.env }, detached: true, stdio: "pipe" });
  const stop = AbortSignal.any([signal, AbortSignal.timeout(program.timeout)]);
  const output = collect(child, program.hide ?? []);
  // A program that doesn't read its input closes the pipe early; its exit code says the rest.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const end = await endOf(child, stop, output.tooMuch);
  if (end.failed !== undefined) {
    throw new CodedError("TARGET_UNREACHABLE", `The program ${path} can't be started: ${end.failed}.`, {
      next: "See that it is there and may be run.",
    });
  }
  if (output.tooMuch.aborted)
    throw new CodedError(
      "TARGET_TIMEOUT",
      `The program ${path} wrote more than 1 MB and was stopped; what it did is unknown.`,
    );
  if (stop.aborted) throw timedOut(path);
  if (end.code === 0) return output.stdout();
  if (end.code === null)
    throw new CodedError(
      "TARGET_TIMEOUT",
      `The program ${path} died of ${end.signal ?? "a signal"}; what it did is unknown.`,
    );
  const said = output.stderr() === "" ? "" : ` It said: ${output.stderr()}`;
  if (end.code === EX_TEMPFAIL)
    throw new CodedError("TARGET_UNREACHABLE", `The program ${path} could not reach its target (exit code 75).${said}`);
  throw new CodedError("TARGET_REFUSED", `The program ${path} ended with exit code ${end.code}.${said}`);
}

function timedOut(path: string): CodedError {
  return new CodedError("TARGET_TIMEOUT", `The program ${path} did not end in time and was stopped.`);
}

function collect(
  child: ChildProcessWithoutNullStreams,
  hide: readonly string[],
): {
  stdout(): string;
  stderr(): string;
  tooMuch: AbortSignal;
} {
  const tooMuch = new AbortController();
  const chunks: Buffer[] = [];
  let size = 0;
  let said = "";
  let isCut = false;
  // A program that repeats its input says them as JSON has them.
  const hidden = hide.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  const longest = Math.max(0, ...hidden.map(({ length }) => length));
  child.stdout.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_OUTPUT) tooMuch.abort();
    else chunks.push(chunk);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    isCut ||= said.length > 2 * SAID + longest;
    said = said.slice(-2 * SAID - longest);
  });
  return {
    stdout: () => Buffer.concat(chunks).toString("utf8"),
    stderr: () => {
      const line = said.replaceAll(/\p{Cc}+/gu, " ");
      const clean = hidden.reduce((text, secret) => text.replaceAll(secret, "[redacted]"), line);
      // Where it was cut, the end of one may stand.
      return scrub((isCut ? clean.slice(longest) : clean).trim()).slice(-SAID);
    },
    tooMuch: tooMuch.signal,
  };
}

interface End {
  code?: number | null;
  signal?: string | null;
  failed?: string;
}

/** Waits for the end, and hastens it when told to. After the kill nothing is waited for: a stray child may hold the pipes. */
async function endOf(child: ChildProcessWithoutNullStreams, stop: AbortSignal, tooMuch: AbortSignal): Promise<End> {
  return new Promise((settle) => {
    let grace: NodeJS.Timeout | undefined;
    const hasten = (): void => {
      if (grace !== undefined) return;
      signalGroup(child, "SIGTERM");
      grace = setTimeout(() => {
        signalGroup(child, "SIGKILL");
        child.stdout.destroy();
        child.stderr.destroy();
        settle({ code: null });
      }, GRACE_MS);
    };
    const done = (end: End): void => {
      stop.removeEventListener("abort", hasten);
      tooMuch.removeEventListener("abort", hasten);
      if (grace !== undefined) {
        clearTimeout(grace);
        // The program is gone, but what it started may have ignored the first signal.
        signalGroup(child, "SIGKILL");
      }
      settle(end);
    };
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) done({ failed: error.code ?? error.name });
    });
    child.once("close", (code, signal) => {
      done({ code, signal });
    });
    stop.addEventListener("abort", hasten, { once: true });
    tooMuch.addEventListener("abort", hasten, { once: true });
  });
}

function signalGroup(child: ChildProcessWithoutNullStreams, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already, or the platform has none.
    child.kill(signal);
  }
}
