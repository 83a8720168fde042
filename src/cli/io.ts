import { scrub } from "../scrub.ts";

/** Results to stdout, talk to stderr. Nothing of either holds a secret. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  result(line: string): void;
  talk(line: string): void;
}

/** The process's own. A reader that has heard enough (`| head`) is no failure; a disk that is full is one. */
export function processIo(process: NodeJS.Process): Io {
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    process.stderr.write(`error: the result can't be written: ${error.message}\nhint: is there room for it?\n`);
    process.exit(2);
  });
  return {
    env: process.env,
    result: (line) => process.stdout.write(`${line}\n`),
    talk: (line) => process.stderr.write(`${scrub(line)}\n`),
  };
}
