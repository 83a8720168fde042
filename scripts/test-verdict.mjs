/**
 * Whether a run of node's test runner proves anything. Node exits 0 when it found nothing to run, which must not pass.
 *
 * @param {{ files: number, together?: readonly string[], exitCode: number, reported: string }} run - test files found; the ends of
 * the paths of those that shared a process; node's exit code; what tests-reported.mjs wrote
 * @returns {{ exitCode: number, problem?: string }} what to exit with, and what to say where node's own output does not
 */
export function testVerdict({ files, together = [], exitCode, reported }) {
  if (files === 0) return { exitCode: 1, problem: "No test file was found." };
  if (exitCode !== 0) return { exitCode };
  const named = (what) => [...reported.matchAll(new RegExp(`^${what} (.+)$`, "gm"))].map(([, file]) => file);
  const tested = named("tested");
  const empty = [...named("empty"), ...together.filter((file) => !tested.some((path) => path.endsWith(file)))];
  if (empty.length > 0) return { exitCode: 1, problem: `No test in ${empty.join(", ")}.` };
  const tests = Number(/^tests (\d+)$/m.exec(reported)?.[1] ?? 0);
  return tests > 0 ? { exitCode: 0 } : { exitCode: 1, problem: "No test was run." };
}
