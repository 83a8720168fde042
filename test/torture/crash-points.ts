/**
 * The works that a process may die at: an append to the ledger, a script of its recovery, what was told being remembered, a
 * write to the mirror and its flush to disk, a checkpoint, each call of a target, and each call of chat.
 */
export const WORKS = [
  ...["append", "recovery", "told", "mirror", "flush", "checkpoint"],
  ...["grant", "revoke", "list", "chat"],
] as const;

/** Where a process can be told to die: before, during and after each of them. */
export const CRASH_POINTS = WORKS.flatMap((work) => [`${work}.before`, `${work}.during`, `${work}.after`]);
