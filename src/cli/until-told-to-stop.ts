import type { Io } from "./io.ts";

/** npm hands on a Ctrl-C that the terminal has sent us already: so soon after the first, a signal is the same one. */
const ECHO_MS = 1_000;

/** Waits for SIGTERM or SIGINT. A second one ends the process at once: the next start finds everything as it was recorded. */
export async function untilToldToStop(io: Io): Promise<void> {
  await new Promise<void>((resolve) => {
    let first: number | undefined;
    const told = (signal: NodeJS.Signals) => {
      first ??= performance.now();
      if (performance.now() - first > ECHO_MS) process.exit(130);
      io.talk(`${signal}: finishing what is in hand; once more ends it at once`);
      resolve();
    };
    process.on("SIGINT", told);
    process.on("SIGTERM", told);
  });
}
