import type { Directory } from "../app/directory.ts";
import type { Config } from "../config.ts";
import { silent } from "../log.ts";

/**
 * Chat groups are read live where there is a token; otherwise they can't be read, and count as empty. What speaks with Slack is loaded
 * only then: it takes a third of a command's time.
 */
export async function directoryOf({ slack }: Config): Promise<Directory> {
  if (slack === undefined)
    return { standing: () => Promise.resolve({ kind: "unknown" }), groupMembers: () => Promise.resolve(undefined) };
  const [{ slackClients }, { SlackDirectory }] = await Promise.all([
    import("../slack/clients.ts"),
    import("../slack/directory.ts"),
  ]);
  return new SlackDirectory(slackClients(slack, silent).answering, () => undefined, Date.now, silent);
}
