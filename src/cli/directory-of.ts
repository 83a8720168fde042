import { WebClient } from "@slack/web-api";
import type { Directory } from "../app/directory.ts";
import type { Config } from "../config.ts";
import { silent } from "../log.ts";
import { slackClients } from "../slack/clients.ts";
import { SlackDirectory } from "../slack/directory.ts";

/** Chat groups are read live where there is a token; otherwise they can't be read, and count as empty. */
export function directoryOf({ slack }: Config): Directory {
  const client = slack === undefined ? new WebClient() : slackClients(slack, silent).answering;
  return slack === undefined
    ? { standing: () => Promise.resolve({ kind: "unknown" }), groupMembers: () => Promise.resolve(undefined) }
    : new SlackDirectory(client, () => undefined, Date.now, silent);
}
