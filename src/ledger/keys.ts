/** Every key of ours in Redis begins so. The hash tag keeps them in one slot of a cluster. */
export const PREFIX = "{breakglass}";

/**
 * The ledger's keys:
 * `chain` the entries, a stream with ids `<seq>-0`; `head` the newest entry's `<seq> <hash>`; `due` the open requests by
 * their next moment (epoch ms); `untold` the requests by the newest entry that chat may not have been told; `requests` all of them by
 * the moment they were opened; `whole` fresh random text that a worker wrote when it held the chain against its mirror: without it
 * nothing is appended; `lost` the last entry that Redis still had when the first worker began to fill it again, until it is
 * whole; `recovered` the entry that told of the last recovery; `server` which run of the Redis server was seen last, and the
 * newest entry there was when it was seen first.
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
  server: `${PREFIX}:server`,
} as const;

/** The stream of what belongs to no request. */
export const PROGRAM = "program";

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
