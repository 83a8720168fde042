/**
 * Who, where and which thread, as they stand behind the page's `#`: a reload or a second tab opens the same.
 *
 * @param {string} hash - `#U0ALICE/C0APPROVALS/1763933529.000100`
 */
export function readAddress(hash) {
  const [me, place, thread] = hash.replace(/^#/, "").split("/").map(decodeURIComponent);
  return { me: me || null, place: place || null, thread: thread || null };
}

/** @param {{ me: string, place: string, thread: string | null }} at */
export function writeAddress({ me, place, thread }) {
  return `#${[me, place, ...(thread ? [thread] : [])].map(encodeURIComponent).join("/")}`;
}
