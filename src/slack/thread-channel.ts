import { within } from "../app/within.ts";
import { call } from "./call.ts";
import type { SlackContext } from "./context.ts";

/** What Slack calls every private channel in a payload, whatever its name. */
const HIDDEN = "privategroup";
/** The name is worth little waiting: without it the thread stands in the policy's own channel. */
const ASK_LIMIT_MS = 300;

/**
 * The channel a request's thread stands in: the one it was typed in if its name is an incident channel's, else undefined for
 * the policy's own.
 *
 * @param id - where it was typed
 * @param name - as the payload tells it
 */
export async function threadChannel(
  { policy, client, log }: Pick<SlackContext, "policy" | "client" | "log">,
  id: string,
  name: string,
): Promise<string | undefined> {
  const { incidentChannels } = policy().channels;
  if (incidentChannels === undefined) return undefined;
  const pattern = new RegExp(incidentChannels);
  if (name !== HIDDEN) return pattern.test(name) ? id : undefined;
  try {
    const asked = call("a channel's name", client.conversations.info({ channel: id }));
    const { channel } = await within(ASK_LIMIT_MS, asked, () => new Error("it does not answer"));
    return pattern.test(channel?.name ?? "") ? id : undefined;
  } catch (error) {
    // A private channel without the bot in it can't be posted to either.
    log.info("a private channel's name could not be asked", { channel: id, error });
    return undefined;
  }
}
