import { isRunning, pidOf } from "./process-mark.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * Ends a process: asks it to (SIGTERM), and kills it when it has not ended in time. Returns when it is gone.
 *
 * @param mark - which one; a later process that was given the same number is left alone
 * @param options - `env`: see {@link isRunning}; `graceMs`: how long it may take to end by itself
 */
export async function endProcess(mark: string, options: { env: NodeJS.ProcessEnv; graceMs: number }): Promise<void> {
  const { env, graceMs } = options;
  if (!(await isRunning(mark, env))) return;
  sendSignal(mark, "SIGTERM");
  const gone = async (): Promise<boolean> => !(await isRunning(mark, env));
  if (await waitUntil(gone, { limitMs: graceMs, everyMs: 10 })) return;
  sendSignal(mark, "SIGKILL");
  await waitUntil(gone, { limitMs: graceMs, everyMs: 10 });
}

/**
 * Sends a signal to a process that may have ended already.
 *
 * @param mark - which one
 * @param name - the signal
 */
export function sendSignal(mark: string, name: NodeJS.Signals): void {
  try {
    process.kill(pidOf(mark), name);
  } catch {
    // it ended in this moment
  }
}
