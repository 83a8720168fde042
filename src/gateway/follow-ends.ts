import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import type { Connection } from "../connection.ts";
import { isOver } from "../domain/request.ts";
import { parseEntry } from "../ledger/entry.ts";
import { KEYS } from "../ledger/keys.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import type { LiveSessions } from "./live-sessions.ts";

const WAIT_MS = 1_000;
/** How often every request with a session is looked at, whatever was heard: a Redis that lost something, or that hangs, tells nobody. */
const LOOK_AT_ALL_MS = 5_000;
const AT_ONCE = "1000";

const streams = z.array(z.tuple([z.string(), z.array(z.tuple([z.string(), z.tuple([z.literal("e"), z.string()])]))]));

export interface FollowEndsOptions {
  /** A connection of its own, which waits. */
  readonly redis: Connection;
  readonly ledger: Ledger;
  readonly sessions: LiveSessions;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
  readonly log: Log;
}

/**
 * Ends the sessions of a request as soon as the ledger says that its access ends. While the ledger is away nothing is heard; then their
 * own deadline ends them.
 *
 * @returns what ends it
 */
export function followEnds({ redis, ledger, sessions, clock, log }: FollowEndsOptions): () => Promise<void> {
  const stopping = new AbortController();
  const over = once(stopping.signal, "abort").then(() => null);
  const isStopping = () => stopping.signal.aborted;
  let seen: number | undefined;
  let lookedAt = -Infinity;
  /** What has no answer yet: of a connection that hangs no more is asked. */
  let reading: ReturnType<typeof read> | undefined;

  const read = async () =>
    await redis.xread("COUNT", AT_ONCE, "BLOCK", WAIT_MS, "STREAMS", KEYS.chain, `${seen ?? 0}-0`);

  const look = async (id: string) => {
    const state = (await ledger.load(id))?.state;
    if (state === undefined || !(state.phase === "ending" || isOver(state))) return;
    log.info("the sessions of a request are ended", { request: id });
    sessions.end(id);
  };

  const lookAtAll = async () => {
    const { seq } = await ledger.head();
    seen = seen === undefined ? seq : Math.min(seen, seq);
    await Promise.all(sessions.requests.map(look));
    lookedAt = clock();
  };

  const silence = async (signal: AbortSignal) => {
    await setTimeout(LOOK_AT_ALL_MS, undefined, { ref: false, signal }).catch(() => undefined);
    return "silence" as const;
  };

  const following = (async () => {
    while (!isStopping()) {
      try {
        if (clock() - lookedAt >= LOOK_AT_ALL_MS) await lookAtAll();
        reading ??= read();
        const answered = new AbortController();
        const found = await Promise.race([reading, over, silence(answered.signal)]);
        answered.abort();
        if (found === "silence") continue;
        reading = undefined;
        if (found === null || isStopping()) continue;
        const entries = streams.parse(found).flatMap(([, each]) => each.map(([, [, line]]) => parseEntry(line)));
        seen = entries.at(-1)?.seq ?? seen;
        const heard = new Set(entries.map(({ request }) => request));
        await Promise.all(sessions.requests.filter((id) => heard.has(id)).map(look));
      } catch (error) {
        reading = undefined;
        log.debug("the session gateway can't follow the ledger now", { error });
        lookedAt = -Infinity;
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
