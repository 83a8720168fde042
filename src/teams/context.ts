import type { Handle } from "../app/handle.ts";
import type { Homes } from "../app/homes.ts";
import type { KeyDoor } from "../app/key-door.ts";
import type { Posted } from "../app/messenger.ts";
import type { InsightsMaker } from "../app/insights.ts";
import type { Queries } from "../app/queries.ts";
import type { ReplayMemory } from "../app/replay-memory.ts";
import type { Card } from "../cards/card.ts";
import type { Names } from "../cards/names.ts";
import type { Actor } from "../domain/people.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { Log } from "../log.ts";
import type { Connector } from "./connector.ts";
import type { Conversations } from "./conversations.ts";
import type { TeamsMessenger } from "./messenger.ts";

/** What every way in from Teams works with. It has the door for people and the questions; it decides nothing itself. */
export interface TeamsContext {
  readonly handle: Handle;
  /** The door for people's security keys. */
  readonly keys: KeyDoor;
  readonly queries: Queries;
  readonly insights: InsightsMaker;
  readonly policy: () => Policy;
  readonly whois: (account: string) => Promise<Actor>;
  readonly messenger: TeamsMessenger;
  readonly homes: Homes;
  readonly connector: Connector;
  readonly conversations: Conversations;
  readonly names: Names;
  /** The card that stands in a message of ours, drawn from what is recorded now; undefined when none is known to. */
  readonly cardAt: (request: string, stands: Posted) => Promise<Card | undefined>;
  /** Remembers a name for so many milliseconds, across replicas. Gives whether it was new. */
  readonly claim: ReplayMemory["claim"];
  /** Fresh random text. */
  readonly token: () => string;
  /** What goes on after the answer. It fails on its own, and the program's end waits for it a while. */
  readonly afterwards: (work: Promise<unknown>) => void;
  readonly log: Log;
}

/** Teams delivers again for a few minutes at most. */
export const DELIVERY_KEPT_MS = 600_000;
