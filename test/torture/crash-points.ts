/** Where a process can be told to die: before and after each append, mirror write, call of a target, and call of chat. */
export const CRASH_POINTS = ["append", "mirror", "flush", "grant", "revoke", "list", "chat"].flatMap((work) => [
  `${work}.before`,
  `${work}.after`,
]);
