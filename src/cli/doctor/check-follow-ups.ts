import { FollowUpMemory } from "../../app/follow-up-memory.ts";
import type { FollowUpsConfig } from "../../config.ts";
import type { Connection } from "../../connection.ts";
import { counted } from "../../domain/text.ts";
import { findings, type Finding } from "./finding.ts";

const found = findings("follow-ups");

/** Whether what reviews agreed on reaches the tracker. The tracker itself is not asked: it would take a question for a follow-up. */
export async function checkFollowUps({ url }: FollowUpsConfig, redis: Connection): Promise<Finding[]> {
  const { host } = new URL(url.reveal());
  const waiting = [...(await new FollowUpMemory(redis).failures()).values()];
  const [last] = waiting.toSorted((one, other) => other.failures - one.failures);
  if (last === undefined) return [found("fine", `they are sent to ${host}, and none waits`)];
  const tries = counted(last.failures, "try", "tries");
  const text = `${counted(waiting.length, "follow-up")} could not be sent to ${host}, one of them in ${tries}`;
  return [found("warning", text, last.problem)];
}
