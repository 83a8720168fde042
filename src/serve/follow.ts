import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import type { Connection } from "../connection.ts";
import { KEYS } from "../ledger/keys.ts";
import type { Mirror } from "../ledger/mirror.ts";

const WAIT_MS = 1_000;

/**
 * Copies each entry into the mirror as it is recorded, by whichever process: what only one mirror has is lost with that machine.
 * What goes wrong is left to the round of each second, which tells of it.
 *
 * @param redis - a connection of its own, which waits
 * @param turn - waits until nothing more urgent is to be done
 * @returns what ends it
 */
export function follow(redis: Connection, mirror: Mirror, turn: () => Promise<void>): () => Promise<void> {
  const stopping = new AbortController();
  const isOver = () => stopping.signal.aborted;
  // A read may wait for ever for a Redis that is away, also when the connection is let go.
  const over = once(stopping.signal, "abort").then(() => null);
  const following = (async () => {
    while (!isOver()) {
      try {
        const reading = redis.xread("BLOCK", WAIT_MS, "STREAMS", KEYS.chain, `${mirror.head.seq}-0`);
        const found = await Promise.race([reading, over]);
        if (found === null || isOver()) continue;
        await turn();
        await mirror.catchUp();
      } catch {
        await setTimeout(WAIT_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  })();
  return async () => {
    stopping.abort();
    redis.disconnect();
    await following;
  };
}
