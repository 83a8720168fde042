import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Who serves a folder and who answers for that; both as process marks. */
const Processes = z.object({ server: z.string(), owner: z.string() });
export type Processes = z.infer<typeof Processes>;

/** What a folder says about its private Redis. */
export interface PrivateRedisRecord {
  /** Where it answers, or did when it last ran. Kept over restarts, so that other processes find their way back. */
  readonly url: string;
  /** Absent when a start was cut off between choosing the address and noting the process. */
  readonly processes?: Processes;
}

/**
 * Reads what a folder says about its private Redis; undefined when it never had one.
 *
 * @param dir - the private Redis's folder
 */
export async function readRecord(dir: string): Promise<PrivateRedisRecord | undefined> {
  const url = (await readFile(join(dir, "url"), "utf8").catch(() => "")).trim();
  if (!URL.canParse(url)) return undefined;
  const text = await readFile(join(dir, "processes.json"), "utf8").catch(() => undefined);
  return text === undefined ? { url } : { url, processes: Processes.parse(JSON.parse(text)) };
}

/**
 * Notes the address of a server that is about to be started. To be called before it is.
 *
 * @param dir - the private Redis's folder
 * @param url - with the password, so the file is for us alone
 */
export async function recordUrl(dir: string, url: string): Promise<void> {
  await rm(join(dir, "processes.json"), { force: true });
  await writeWhole(join(dir, "url"), `${url}\n`);
}

/**
 * Notes the processes of a server that was just started.
 *
 * @param dir - the private Redis's folder
 * @param processes - their marks
 */
export async function recordProcesses(dir: string, processes: Processes): Promise<void> {
  await writeWhole(join(dir, "processes.json"), `${JSON.stringify(processes)}\n`);
}

/** Replaces a file in one step, so that nobody reads half of it. */
async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
