/**
 * Whether a run of node's test runner proves anything. Node exits 0 when it found nothing to run, which must not pass.
 *
 * @param {{ files: readonly string[], exitCode: number, reported: string }} run - test files found, with the end of their
 * paths; node's exit code; what tests-reported.mjs wrote
 * @returns {{ exitCode: number, problem?: string }} what to exit with, and what to say where node's own output does not
 */
export function testVerdict({ files, exitCode, reported }) {
  if (files.length === 0) return { exitCode: 1, problem: "No test file was found." };
  if (exitCode !== 0) return { exitCode };
  const tests = Number(/^tests (\d+)$/m.exec(reported)?.[1] ?? 0);
  if (tests === 0) return { exitCode: 1, problem: "No test was run." };
  const tested = [...reported.matchAll(/^tested (.+)$/gm)].map(([, file]) => file);
  const empty = files.filter((file) => !tested.some((path) => path.endsWith(file)));
  return empty.length === 0 ? { exitCode: 0 } : { exitCode: 1, problem: `No test in ${empty.join(", ")}.` };
}
