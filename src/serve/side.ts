import type { Express } from "express";
import type { Handle } from "../app/handle.ts";
import type { Homes } from "../app/homes.ts";
import type { KeyDoor } from "../app/key-door.ts";
import type { FileContent, Messenger } from "../app/messenger.ts";
import type { ReplayMemory } from "../app/replay-memory.ts";
import type { Platform } from "../domain/platform.ts";
import type { Speaking } from "./speaking.ts";
import type { Part } from "./start-worker.ts";

/** One chat platform, as this program uses it. */
export interface Side {
  readonly platform: Platform;
  readonly messenger: Messenger;
  /** Begins to take what people type and click. */
  listen(speaking: Speaking): Promise<Pick<Part, "stop" | "ready">>;
}

/** What the platforms share: where what people do ends, and what it comes in by. */
export interface Shared {
  readonly handle: Handle;
  readonly keys: KeyDoor;
  readonly received: ReplayMemory;
  readonly homes: Homes;
  /** A request's record as it is now, as a file. @throws `REQUEST_UNKNOWN`, `LEDGER_UNAVAILABLE` */
  readonly recordOf: (id: string) => Promise<FileContent>;
  /** The HTTP server's routes. */
  readonly web: Express;
}
