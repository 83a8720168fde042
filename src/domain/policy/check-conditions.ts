import { nearest } from "../nearest.ts";
import type { Problem } from "./problem.ts";
import { OWN_CHANNEL } from "./facts-schema.ts";
import type { PolicyFile } from "./schema.ts";

/** Conditions of automatic approval that name no source, or could never hold. */
export function checkConditions(policy: PolicyFile): Problem[] {
  return Object.entries(policy.targets).flatMap(([target, { roles }]) =>
    Object.entries(roles).flatMap(([role, { approval }]) =>
      (approval.automatic?.when ?? []).flatMap(({ kind, of }, nth) =>
        of.flatMap((source): Problem[] => {
          const message = kind === "onCall" ? wrongSchedule(policy, source) : wrongIncident(policy, source);
          if (message === undefined) return [];
          return [{ path: ["targets", target, "roles", role, "approval", "automatic", "when", nth, kind], message }];
        }),
      ),
    ),
  );
}

function wrongSchedule({ schedules }: PolicyFile, source: string): string | undefined {
  if (Object.hasOwn(schedules, source)) return undefined;
  return `There is no schedule ${source} under schedules.${meant(source, Object.keys(schedules))}`;
}

function wrongIncident({ incidents, channels }: PolicyFile, source: string): string | undefined {
  if (source === OWN_CHANNEL)
    return channels.incidentChannels === undefined
      ? "No channel is an incident's own: set channels.incidentChannels, such as ^inc-."
      : undefined;
  if (Object.hasOwn(incidents, source)) return undefined;
  return `There is no ${source} under incidents.${meant(source, [OWN_CHANNEL, ...Object.keys(incidents)])} The incident's own channel is named: ${OWN_CHANNEL}.`;
}

function meant(name: string, among: readonly string[]): string {
  const near = nearest(name, among);
  return near === undefined ? "" : ` Did you mean ${near}?`;
}
