import { createReadStream } from "node:fs";
import type { ReadStream } from "node:tty";
import { text } from "node:stream/consumers";
import { CodedError } from "../errors.ts";

/** More than any secret that can be sealed. */
const LONGEST = 100_000;

/**
 * A secret that somebody types or pipes in. It never is an argument: those can be seen by everybody on the machine.
 *
 * @param process - the process: typed without echo, and twice, where its stdin is a terminal; else all of stdin
 * @param what - what is asked for, `password of aws-root`
 * @param fd - a file descriptor to read instead, for programs
 * @returns it, without the end of its line
 * @throws `BAD_USAGE`
 */
export async function readSecret(process: NodeJS.Process, what: string, fd?: number): Promise<string> {
  if (fd !== undefined) return lineOf(await text(createReadStream("", { fd, end: LONGEST })).catch(unreadable(fd)));
  if (!process.stdin.isTTY) return lineOf(await text(process.stdin));
  const once = await typed(process.stdin, process.stderr, `${what}: `);
  const again = await typed(process.stdin, process.stderr, `once more: `);
  if (once === again) return once;
  throw new CodedError("BAD_USAGE", "What you typed is not the same twice.", {
    next: "Nothing was changed. Try again.",
  });
}

function lineOf(read: string): string {
  return read.replace(/\r?\n$/, "");
}

function unreadable(fd: number): (cause: unknown) => never {
  return (cause) => {
    throw new CodedError("BAD_USAGE", `File descriptor ${fd} can't be read.`, {
      next: "For instance: breakglass vault put aws-root --user root --fd 3 3<secret",
      cause,
    });
  };
}

/** Reads a line from a terminal, and shows nothing of it. */
async function typed(stdin: ReadStream, stderr: NodeJS.WriteStream, prompt: string): Promise<string> {
  stderr.write(prompt);
  stdin.setRawMode(true).setEncoding("utf8").resume();
  try {
    return await new Promise((resolve, reject) => {
      let line = "";
      const onData = (chunk: string): void => {
        for (const char of chunk) {
          if (char === "\r" || char === "\n" || char === "\u0004") {
            stdin.off("data", onData);
            resolve(line);
            return;
          }
          if (char === "\u0003") {
            stdin.off("data", onData);
            reject(new CodedError("BAD_USAGE", "Broken off.", { next: "Nothing was changed." }));
            return;
          }
          line = char === "\u007f" ? line.slice(0, -1) : line + char;
        }
      };
      stdin.on("data", onData);
    });
  } finally {
    stdin.setRawMode(false).pause();
    stderr.write("\n");
  }
}
