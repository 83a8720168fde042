import type { Io } from "./io.ts";

/** npm hands on a Ctrl-C that the terminal has sent us already: so soon after the first, a signal is the same one. */
const ECHO_MS = 1_000;

/**
 * Waits for SIGTERM or SIGINT. A second one ends the process at once: the next start finds everything as it was recorded.
 *
 * @param also - further signals that count, such as the one of a terminal that is closed
 */
export async function untilToldToStop(io: Io, also: readonly NodeJS.Signals[] = []): Promise<void> {
  await new Promise<void>((resolve) => {
    let first: number | undefined;
    const told = (signal: NodeJS.Signals) => {
      if (first !== undefined && performance.now() - first > ECHO_MS) process.exit(130);
      if (first === undefined) io.talk(`${signal}: finishing what is in hand; once more ends it at once`);
      first ??= performance.now();
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM", ...also] as const) process.on(signal, told);
  });
}
