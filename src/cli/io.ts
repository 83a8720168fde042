import { scrub } from "../log.ts";

/** Results to stdout, talk to stderr. Nothing of either holds a secret. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  result(line: string): void;
  talk(line: string): void;
}

/** The process's own. */
export function processIo(process: NodeJS.Process): Io {
  return {
    env: process.env,
    result: (line) => process.stdout.write(`${line}\n`),
    talk: (line) => process.stderr.write(`${scrub(line)}\n`),
  };
}
