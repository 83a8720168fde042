import type { WebClient } from "@slack/web-api";
import type { Handle } from "../app/handle.ts";
import type { Homes } from "../app/homes.ts";
import type { KeyDoor } from "../app/key-door.ts";
import type { FileContent } from "../app/messenger.ts";
import type { InsightsMaker } from "../app/insights.ts";
import type { Queries } from "../app/queries.ts";
import type { Actor } from "../domain/people.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { Log } from "../log.ts";
import type { SlackMessenger } from "./messenger.ts";
import type { Names } from "../cards/names.ts";
import type { ReplayMemory } from "../app/replay-memory.ts";

/** What every listener works with. It has the door for people and the questions; it decides nothing itself. */
export interface SlackContext {
  readonly handle: Handle;
  /** The door for people's security keys. */
  readonly keys: KeyDoor;
  readonly queries: Queries;
  readonly insights: InsightsMaker;
  readonly policy: () => Policy;
  readonly whois: (account: string) => Promise<Actor>;
  readonly messenger: SlackMessenger;
  readonly homes: Homes;
  /** The client for answering people. */
  readonly client: WebClient;
  readonly names: Names;
  /** Remembers a name for so many milliseconds, across replicas. Gives whether it was new. */
  readonly claim: ReplayMemory["claim"];
  /** A request's record as it is now, as a file. @throws `REQUEST_UNKNOWN`, `LEDGER_UNAVAILABLE` */
  readonly recordOf: (id: string) => Promise<FileContent>;
  readonly log: Log;
}
