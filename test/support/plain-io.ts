import type { Io } from "../../src/cli/io.ts";

/** A terminal that keeps what was written to it. */
export function plainIo(env: NodeJS.ProcessEnv): Io & { readonly results: string[]; readonly talked: string[] } {
  const results: string[] = [];
  const talked: string[] = [];
  return {
    env,
    results,
    talked,
    result: (line) => results.push(line),
    talk: (line) => talked.push(line),
  };
}
