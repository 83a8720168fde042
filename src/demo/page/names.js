/** @import { Snapshot, Message, DirectMessage, Channel } from "./types.js" */

/** @typedef {{ person(id: string): string, channel(id: string): string, group(id: string): string }} Names */

/**
 * How ids read in this workspace; an id that isn't known reads as itself.
 *
 * @param {Snapshot} snapshot
 * @returns {Names}
 */
export function namesOf(snapshot) {
  const people = new Map(snapshot.people.map(({ id, real_name, name }) => [id, real_name || name]));
  const channels = new Map(snapshot.channels.map(({ id, name }) => [id, name]));
  const groups = new Map(snapshot.userGroups.map(({ id, handle }) => [id, handle]));
  return {
    person: (id) => people.get(id) ?? id,
    channel: (id) => channels.get(id) ?? id,
    group: (id) => groups.get(id) ?? id,
  };
}

/**
 * Who wrote a message.
 *
 * @param {Message} message
 * @param {Names} names
 */
export function authorOf(message, names) {
  return names.person(message.user ?? message.bot ?? "");
}

/**
 * What a place in the sidebar is called.
 *
 * @param {Channel | DirectMessage} place
 * @param {Names} names
 */
export function titleOf(place, names) {
  return "with" in place ? names.person(place.with) : place.name;
}
