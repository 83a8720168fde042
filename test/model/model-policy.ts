import { loadPolicy } from "../../src/domain/policy/load.ts";
import type { Policy } from "../../src/domain/policy/schema.ts";
import { MINUTE } from "../support/scene.ts";

export const PEOPLE = ["alice", "bob", "carol", "dave", "erin"] as const;
export type Person = (typeof PEOPLE)[number];

/** What the roles of the model's policy mean, said once more without the policy's own code. */
export const ROLES = {
  reader: { quorum: 0, approvers: [], emergencyMs: undefined },
  writer: { quorum: 1, approvers: ["bob", "carol"], emergencyMs: undefined },
  owner: { quorum: 2, approvers: ["bob", "carol", "dave"], emergencyMs: 5 * MINUTE },
} as const satisfies Record<string, { quorum: number; approvers: readonly Person[]; emergencyMs: number | undefined }>;

export type Role = keyof typeof ROLES;

/** How long access lasts where nobody says anything else. */
export const DEFAULT_MS = 15 * MINUTE;
/** From so long after it was asked for on the requester may go ahead alone. */
export const EMERGENCY_AFTER_MS = 10 * MINUTE;
export const REQUESTERS: readonly Person[] = ["alice", "bob"];

/** Erin is in no group; Bob may ask and approve. */
export function modelPolicy(): Policy {
  const role = (approval: string) => `
        grant: {}
        requesters: [sre]
        approval: ${approval}
        duration: { default: 15m, max: 30m }`;
  const loaded = loadPolicy(
    `
version: 1
channels: { approvals: C0APPROVALS, incidents: C0INCIDENTS, security: C0SECURITY }
people:
${PEOPLE.map((person) => `  ${person}: { name: ${person}, slack: U0${person.toUpperCase()} }`).join("\n")}
groups:
  sre: [alice, bob]
  leads: [bob, carol]
  backup: [dave]
targets:
  db:
    title: Orders database
    provider: postgres
    roles:
      reader:${role("automatic")}
      writer:${role("{ approvers: [leads] }")}
      owner:${role("{ quorum: 2, approvers: [leads, backup], escalate: [{ after: 5m, to: [backup] }], emergency: { after: 10m, max: 5m } }")}
`,
    { env: {}, providers: { kinds: ["postgres"], checkConnection: () => [], checkRole: () => [] } },
  );
  if ("problems" in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.policy;
}
