/**
 * Listens for "something changed" and says so, also at once and after each reconnection.
 *
 * @param {{ changed(): void, online(is: boolean): void }} tell
 * @returns {{ listen(as: string): void }} `listen` follows one person, and no longer the one before
 */
export function createLive(tell) {
  /** @type {EventSource | null} */
  let source = null;
  return {
    listen(as) {
      source?.close();
      source = new EventSource(`/workspace/events?as=${encodeURIComponent(as)}`);
      source.addEventListener("open", () => tell.online(true));
      source.addEventListener("message", () => tell.changed());
      source.addEventListener("error", () => tell.online(false));
    },
  };
}
