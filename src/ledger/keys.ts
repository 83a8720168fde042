import { HASH_TAG as PREFIX } from "../connection.ts";

/**
 * The ledger's keys:
 * `chain` the entries, a stream with ids `<seq>-0`; `head` the newest entry's `<seq> <hash>`; `due` the open requests by
 * their next moment (epoch ms); `untold` the requests by the newest entry that chat may not have been told; `requests` all of them by
 * the moment they were opened; `whole` fresh random text that a worker wrote when it held the chain against its mirror: without it
 * nothing is appended, nor with it once Redis was started again or another took its place; `lost` the last entry that Redis still had when the first worker began to fill it again, until it is
 * whole; `recovered` the first entry since: what chat was told of those before it may be forgotten; `forked` the first entry that a worker
 * which runs has another one for in its mirror.
 */
export const KEYS = {
  chain: `${PREFIX}:chain`,
  head: `${PREFIX}:head`,
  due: `${PREFIX}:due`,
  untold: `${PREFIX}:untold`,
  requests: `${PREFIX}:requests`,
  whole: `${PREFIX}:whole`,
  lost: `${PREFIX}:lost`,
  recovered: `${PREFIX}:recovered`,
  forked: `${PREFIX}:forked`,
} as const;

/** The stream of what belongs to no request. */
export const PROGRAM = "program";

/** The stream of people's security keys. */
export const PEOPLES_KEYS = "keys";

/** The stream of sealed accounts. */
export const SEALED_ACCOUNTS = "accounts";

/** The stream of what drills and quiet checks came to, beside the drills' own requests. */
export const REHEARSALS = "drills";

const OF_REHEARSALS = /^(Drill|TargetCheck)/;
const OF_ACCOUNTS = /^(Account|Rotation|Offline)/;

/** The stream of an entry that has no request, by its type. */
export function streamOf(type: string): string {
  if (OF_REHEARSALS.test(type)) return REHEARSALS;
  if (OF_ACCOUNTS.test(type)) return SEALED_ACCOUNTS;
  return type.startsWith("Key") || type.startsWith("StepUp") ? PEOPLES_KEYS : PROGRAM;
}

/** The sequence numbers of one request's entries, or of the program's own. */
export function entriesKey(stream: string): string {
  return `${PREFIX}:of:${stream}`;
}

/** One person's requests by the moment they were opened. */
export function personKey(person: string): string {
  return `${PREFIX}:person:${person}`;
}

/** Set while a worker's look at what stands at a target is recent enough. */
export function reconciledKey(target: string): string {
  return `${PREFIX}:reconciled:${target}`;
}

/** What the last check of each target came to: a hash, by target. */
export const checksKey = `${PREFIX}:checks`;

/** Held by the worker that checks a target. */
export function checkedKey(target: string): string {
  return `${PREFIX}:checked:${target}`;
}

/** Held by the worker that asks a target what is run under a request's grant. */
export function watchedKey(id: string): string {
  return `${PREFIX}:watched:${id}`;
}
