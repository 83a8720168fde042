const GRACE_MS = 20_000;

/**
 * For the end of a file's tests, which has a process to itself (scripts/together.mjs): ends the process when something keeps it, and
 * says what. ioredis leaves a Cluster's connection open that it was told to end, about once in forty runs; the whole gate would
 * wait for it until its limit.
 */
export function endAnyway(): void {
  setTimeout(() => {
    console.error(`its tests are over, and it was left open: ${process.getActiveResourcesInfo().join(", ")}`);
    process.exit();
  }, GRACE_MS).unref();
}
