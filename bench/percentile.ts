/**
 * The sample below which a share of them lies.
 *
 * @param samples - in any order, at least one
 * @param share - 0 to 1
 */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
