import { readFile } from "node:fs/promises";
import { runCommand } from "./run-command.ts";

/**
 * Names one running process so that it can be told from a later one with the same number: process numbers are used
 * again, in containers within seconds. Undefined when no such process runs.
 *
 * @param pid - the process
 * @param env - where to find `ps`, on systems without `/proc`
 * @returns `1234-567890`: the number and the start time, fit for a file name
 */
export async function processMark(pid: number, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const start = (await startFromProc(pid)) ?? (await startFromPs(pid, env));
  return start === undefined ? undefined : `${pid}-${start}`;
}

/**
 * Whether the process that got this mark still runs.
 *
 * @param mark - what {@link processMark} gave
 * @param env - as there
 */
export async function isRunning(mark: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  return (await processMark(pidOf(mark), env)) === mark;
}

/** The number in a mark. */
export function pidOf(mark: string): number {
  return Number.parseInt(mark, 10);
}

/** Linux: proc(5), field 22, in clock ticks since boot. Field 3 is Z for a process that has ended and waits to be collected. */
async function startFromProc(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // Field 2 is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" ? undefined : fields?.[19];
}

async function startFromPs(pid: number, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (process.platform === "linux") return undefined;
  const result = await runCommand("ps", ["-o", "lstart=", "-p", String(pid)], { env, timeoutMs: 5_000 });
  const start = result.stdout.trim().replaceAll(/\W+/g, "-");
  return result.ok && start !== "" ? start : undefined;
}
