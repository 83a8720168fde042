import type { Checked } from "../app/check-memory.ts";
import type { Series } from "../web/exposition.ts";

/**
 * What the last quiet check of each target came to. A target that was never checked has no number, and one that the policy has no more
 * is told of no more.
 *
 * @param checks - by the target's name
 * @param targets - those of the policy
 * @param now - epoch milliseconds
 */
export function checkSeries(
  checks: ReadonlyMap<string, Checked>,
  targets: readonly string[],
  now: number,
): readonly Series[] {
  const samples = (valueOf: (last: Checked) => number) =>
    targets.flatMap((target) => {
      const last = checks.get(target);
      return last === undefined ? [] : [{ labels: { target }, value: valueOf(last) }];
    });
  return [
    {
      name: "breakglass_target_healthy",
      help: "Whether the target passed its last quiet check: access to it could be given then",
      kind: "gauge",
      samples: samples(({ ok }) => (ok ? 1 : 0)),
    },
    {
      name: "breakglass_target_checked_seconds",
      help: "How long ago the target was checked last",
      kind: "gauge",
      // Another process's clock may be a little ahead.
      samples: samples(({ at }) => Math.max(0, now - at) / 1_000),
    },
  ];
}
