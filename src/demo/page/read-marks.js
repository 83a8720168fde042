/** @import { Message, Snapshot } from "./types.js" */

/**
 * Remembers, for as long as this tab lives, up to where each person has read each place. What was there when the tab
 * was opened counts as read.
 *
 * @param {Storage} storage
 */
export function createReadMarks(storage) {
  /** @param {string} me @param {string} place */
  const key = (me, place) => `read ${me} ${place}`;

  /** @param {Message} message */
  const isRoot = (message) => !message.thread_ts || message.thread_ts === message.ts;

  return {
    /** The first snapshot sets the line between old and new. @param {Snapshot} snapshot */
    start(snapshot) {
      if (storage.getItem("read from") !== null) return;
      const all = Object.values(snapshot.messages).flat();
      storage.setItem("read from", String(Math.max(0, ...all.map(({ ts }) => Number(ts)))));
    },

    /** @param {string} me @param {string} place @param {Message[]} messages */
    see(me, place, messages) {
      const last = Math.max(0, ...messages.map(({ ts }) => Number(ts)));
      storage.setItem(key(me, place), String(last));
    },

    /** How many messages of others the person has not seen. @param {string} me @param {string} place @param {Message[]} messages */
    unread(me, place, messages) {
      const from = Number(storage.getItem(key(me, place)) ?? storage.getItem("read from") ?? 0);
      return messages.filter((message) => isRoot(message) && message.user !== me && Number(message.ts) > from).length;
    },
  };
}
