import { execFile } from "node:child_process";

/** What a command left behind. `ok` is false for a non-zero exit, a time-out, and a command that isn't there. */
export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end, without a shell. Never throws: asking whether a tool works is the usual reason to call it.
 *
 * @param command - a path, or a name looked up in `env.PATH`
 * @param args - its arguments
 * @param options - `env`: its whole environment; `cwd`: where; `timeoutMs`: after which it is killed
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd?: string; timeoutMs: number },
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const { env, cwd, timeoutMs: timeout } = options;
    // What is read of these commands is English.
    const settings = { env: { ...env, LC_ALL: "C" }, timeout, maxBuffer: 16 * 1024 * 1024, ...(cwd ? { cwd } : {}) };
    execFile(command, args, settings, (error, stdout, stderr) => {
      resolve({ ok: error === null, stdout, stderr: stderr || (error?.message ?? "") });
    });
  });
}
