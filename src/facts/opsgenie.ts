import { z } from "zod";
import type { OpsgenieSource } from "../domain/policy/facts-schema.ts";
import { Secret } from "../secret.ts";
import { askJson } from "./ask-json.ts";
import { Unreadable, type OnCall } from "./reading.ts";

const answerSchema = z.object({
  data: z.object({
    _parent: z.object({ id: z.string(), enabled: z.boolean().optional() }),
    onCallRecipients: z.array(z.string()),
  }),
});

/**
 * Who is on call now, by Opsgenie's `GET /v2/schedules/{id}/on-calls`, which names people by their user names: mostly e-mail addresses.
 *
 * @throws {@link Unreadable}
 */
export async function opsgenieOnCall({ schedule, key, api }: OpsgenieSource, signal: AbortSignal): Promise<OnCall[]> {
  const url = new URL(`v2/schedules/${encodeURIComponent(schedule)}/on-calls`, api.endsWith("/") ? api : `${api}/`);
  url.searchParams.append("scheduleIdentifierType", "id");
  url.searchParams.append("flat", "true");
  const headers = { authorization: new Secret(`GenieKey ${key.reveal()}`) };
  const answer = answerSchema.safeParse(await askJson({ who: "Opsgenie", url, headers }, signal));
  if (!answer.success) throw new Unreadable("Opsgenie answered something else than who is on call");
  const { _parent: of, onCallRecipients } = answer.data.data;
  if (of.id !== schedule) throw new Unreadable("Opsgenie answered about another schedule");
  if (of.enabled === false) throw new Unreadable("the schedule is disabled in Opsgenie");
  return onCallRecipients.map((name) => ({ id: name, email: name }));
}
