import { randomInt, randomUUID } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CodedError } from "../errors.ts";
import { isRunning, pidOf, processMark } from "./process-mark.ts";

const PREFIX = "starting.";

/**
 * Does `work` while no other process does the same for this folder.
 *
 * Each contender puts down a claim, an exclusively created file that names its process, and then looks at the others':
 * whoever sees a claim of a living process takes its own back and tries again. Of two contenders the later one surely
 * sees the earlier one's claim, so both can yield but never both go on; and removing the claim of a dead process can
 * never remove a living one's, as could happen with a single lock file that is "taken over".
 *
 * @param dir - the folder; it must exist
 * @param options - `env`: see {@link processMark}; `limitMs`: how long to wait for another; `onWait`: told once whom we wait for
 * @param work - done while the claim stands
 * @throws `REDIS_FAILED` when another process holds on for longer than `limitMs`
 */
export async function withStartLock<T>(
  dir: string,
  options: { env: NodeJS.ProcessEnv; limitMs: number; onWait?: (pid: number) => void },
  work: () => Promise<T>,
): Promise<T> {
  const { env, onWait } = options;
  const mark = (await processMark(process.pid, env)) ?? String(process.pid);
  const claim = `${PREFIX}${mark}.${randomUUID()}`;
  const limit = AbortSignal.timeout(options.limitMs);
  for (let tries = 0; ; tries += 1) {
    await writeFile(join(dir, claim), "", { flag: "wx", mode: 0o600 });
    try {
      const other = await livingClaim(dir, claim, env);
      if (other === undefined) return await work();
      if (tries === 5) onWait?.(pidOf(other)); // the first few are contenders that yield within milliseconds
      if (limit.aborted) throw heldBy(dir, pidOf(other));
    } finally {
      await rm(join(dir, claim), { force: true });
    }
    await sleep(randomInt(10, 60)); // by chance, so that two who yielded to each other don't meet again
  }
}

/** The mark of a living process with a claim on the folder. Claims of dead ones are removed. */
async function livingClaim(dir: string, own: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const name of await readdir(dir)) {
    if (!name.startsWith(PREFIX) || name === own) continue;
    const mark = name.slice(PREFIX.length).split(".")[0] ?? "";
    if (await isRunning(mark, env)) return mark;
    await rm(join(dir, name), { force: true });
  }
  return undefined;
}

function heldBy(dir: string, pid: number): CodedError {
  return new CodedError("REDIS_FAILED", `Process ${pid} has been starting the private Redis in ${dir} for too long.`, {
    next: `See what process ${pid} is doing; when it has ended, start again.`,
  });
}
