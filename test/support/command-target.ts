import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAM = join(import.meta.dirname, "target.sh");

export type TargetAction = "grant" | "revoke" | "list";

/** A target behind a program, without a database: quick, real, and it goes wrong when told to. */
export interface CommandTarget {
  /** What the policy says under `provider:` and `connection:`, indented as a target is. */
  readonly yaml: string;
  /** From now on the program ends with exit code 1 and says this. */
  fail(action: TargetAction, said?: string): Promise<void>;
  /** From now on it doesn't end, and is stopped after two seconds. `half`: it does its work first. */
  hang(action: TargetAction, options?: { half: boolean }): Promise<void>;
  /** From now on it takes so many seconds. */
  slow(action: TargetAction, seconds: number): Promise<void>;
  /** From now on a revoke says that it was done, and does nothing. */
  lie(): Promise<void>;
  /** Everything goes well again. */
  mend(): Promise<void>;
  /** Somebody has access, by whatever way. */
  plant(name: string): Promise<void>;
  /** The names that have access. */
  granted(): Promise<string[]>;
  /** What the program was asked, in order. */
  calls(): Promise<{ action: string; name?: string; deadline?: string }[]>;
  remove(): Promise<void>;
}

export async function commandTarget(): Promise<CommandTarget> {
  const dir = await mkdtemp(join(tmpdir(), "bg-target-"));
  await mkdir(join(dir, "grants"));
  const order = async (file: string, text: string) => {
    await writeFile(join(dir, file), text);
  };
  return {
    yaml: `provider: command\n    connection: { command: [/bin/sh, ${PROGRAM}, ${dir}], timeout: 2s }`,
    fail: (action, said = "the disk is full") => order(`${action}.fail`, said),
    hang: async (action, { half } = { half: false }) => {
      if (half) await order(`${action}.half`, "");
      await order(`${action}.hang`, "");
    },
    slow: (action, seconds) => order(`${action}.slow`, String(seconds)),
    lie: () => order("revoke.lie", ""),
    mend: async () => {
      const files = (await readdir(dir)).filter((name) => /\.(fail|hang|slow|half|lie)$/.test(name));
      await Promise.all(files.map((name) => rm(join(dir, name))));
    },
    plant: (name) => order(`grants/${name}`, ""),
    granted: async () => await readdir(join(dir, "grants")),
    calls: async () => {
      const text = await readFile(join(dir, "calls"), "utf8").catch(() => "");
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as { action: string; name?: string; deadline?: string });
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
