import { z } from "zod";
import { within } from "../app/within.ts";
import type { Activity } from "./activity.ts";
import type { TeamsContext } from "./context.ts";

/** The name is worth little waiting: without it the thread stands in the policy's own channel. */
const ASK_LIMIT_MS = 300;

/** A team's channels, as Teams lists them. */
export const channelsSchema = z.object({
  conversations: z.array(z.object({ id: z.string(), name: z.string().nullish() })),
});

/**
 * The channel a request's thread stands in: the one it was typed in if its name is an incident channel's, else undefined for
 * the policy's own.
 */
export async function threadChannel(
  { policy, connector, conversations, log }: Pick<TeamsContext, "policy" | "connector" | "conversations" | "log">,
  { channelData }: Activity,
): Promise<string | undefined> {
  const { incidentChannels } = policy().channels;
  const channel = channelData?.channel;
  const team = channelData?.team?.id;
  if (incidentChannels === undefined || channel === undefined || team === undefined) return undefined;
  const matches = (name: string) => new RegExp(incidentChannels).test(name);
  try {
    const asked = conversations.service().then((service) => connector.channels(service, team));
    // What the activity itself says of the name isn't asked: not every client says it.
    const found = channelsSchema.parse(await within(ASK_LIMIT_MS, asked, () => new Error("it does not answer")));
    const name = found.conversations.find(({ id }) => id === channel.id)?.name;
    return matches(name ?? "") ? channel.id : undefined;
  } catch (error) {
    log.info("a channel's name could not be asked", { channel: channel.id, error });
    return undefined;
  }
}
