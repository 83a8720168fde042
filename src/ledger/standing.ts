import { z } from "zod";
import type { Connection } from "../connection.ts";
import { CodedError } from "../errors.ts";
import { EMPTY, type Head } from "./entry.ts";
import { KEYS } from "./keys.ts";
import { run, script } from "./script-runner.ts";
import { STAND } from "./scripts.ts";

/** Where the chain stands, and whether on a worker's word. */
export interface Standing {
  readonly head: Head;
  /** What a worker wrote when it held this history of Redis against its mirror; undefined when none did. */
  readonly whole: string | undefined;
  /** Whether one did so for the history before: Redis was started again since, or another took its place. */
  readonly isAnother: boolean;
}

const stand = script(STAND);
const answer = z.tuple([z.string(), z.string(), z.union([z.literal(0), z.literal(1)])]);

/** Reads it, in one step. @throws what Redis does; `LEDGER_BROKEN` */
export async function readStanding(redis: Connection): Promise<Standing> {
  const [head, whole, isAnother] = answer.parse(await run(redis, stand, [KEYS.head, KEYS.whole], []));
  return { head: parseHead(head), whole: whole === "" ? undefined : whole, isAnother: isAnother === 1 };
}

/** The head as Redis keeps it; a chain that hasn't begun has none. */
export function writeHead({ seq, hash }: Head): string {
  return seq === 0 ? "" : `${seq} ${hash}`;
}

/** @throws `LEDGER_BROKEN` */
export function parseHead(text: string | null): Head {
  if (text === null || text === "") return EMPTY;
  const match = /^(\d+) ([0-9a-f]{64})$/.exec(text);
  if (match === null) throw new CodedError("LEDGER_BROKEN", "The ledger's head in Redis can't be read.");
  return { seq: Number(match[1]), hash: match[2] ?? "" };
}
