/**
 * Whether a run of node's test runner proves anything. Node exits 0 when it found nothing to run, which must not pass.
 *
 * @param {{ files: number, exitCode: number, reported: string }} run - test files found; node's exit code; what
 * tests-reported.mjs wrote
 * @returns {{ exitCode: number, problem?: string }} what to exit with, and what to say where node's own output does not
 */
export function testVerdict({ files, exitCode, reported }) {
  if (files === 0) return { exitCode: 1, problem: "No test file was found." };
  if (exitCode !== 0) return { exitCode };
  const empty = [...reported.matchAll(/^empty (.+)$/gm)].map(([, file]) => file);
  if (empty.length > 0) return { exitCode: 1, problem: `No test in ${empty.join(", ")}.` };
  const tests = Number(/^tests (\d+)$/m.exec(reported)?.[1] ?? 0);
  return tests > 0 ? { exitCode: 0 } : { exitCode: 1, problem: "No test was run." };
}
