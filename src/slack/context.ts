import type { WebClient } from "@slack/web-api";
import type { Handle } from "../app/handle.ts";
import type { Messenger } from "../app/messenger.ts";
import type { Queries } from "../app/queries.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { Log } from "../log.ts";
import type { Names } from "./mrkdwn.ts";

/** What every listener works with. It has the door for people and the questions; it decides nothing itself. */
export interface SlackContext {
  readonly handle: Handle;
  readonly queries: Queries;
  readonly policy: () => Policy;
  readonly whois: (account: string) => Promise<{ readonly person?: string | undefined }>;
  readonly messenger: Messenger;
  /** The client for answering people. */
  readonly client: WebClient;
  readonly names: Names;
  readonly log: Log;
}
