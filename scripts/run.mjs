import { spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Runs a program with our own stdin, stdout and stderr, and passes SIGINT, SIGTERM and SIGHUP on to it.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 * @returns {Promise<number>} its exit code; 128 and the signal's number when a signal ended it; 127 when it could not be run
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    const passOn = (signal) => child.kill(signal);
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, passOn);
    const end = (code) => {
      for (const signal of signals) process.removeListener(signal, passOn);
      resolve(code);
    };
    child.once("error", (error) => {
      console.error(`${command} could not be run: ${error.message}`);
      end(127);
    });
    child.once("exit", (code, signal) => end(code ?? 128 + constants.signals[signal]));
  });
}

/**
 * As {@link run}, for a step that everything after it needs: ends the program with the step's code when it fails.
 *
 * @param {string} step - what it is, for the person who waits
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 */
export async function runStep(step, command, args, options = {}) {
  const code = await runTold(step, command, args, options);
  if (code !== 0) process.exit(code);
}

/**
 * As {@link run}, and says when it begins, how it ends, and how long it took.
 *
 * @param {string} step - what it is, for the person who waits
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 * @returns {Promise<number>} as {@link run}
 */
export async function runTold(step, command, args, options = {}) {
  console.error(`${step} ...`);
  const start = performance.now();
  const code = await run(command, args, options);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.error(code === 0 ? `${step}: done in ${seconds} s` : `${step}: failed after ${seconds} s`);
  return code;
}
