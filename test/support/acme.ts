import type { WorkspaceSeed } from "../../src/demo/slack/workspace/seed.ts";

export const ALICE = "U0ALICE";
export const BOB = "U0BOB";
export const CAROL = "U0CAROL";
export const DAVE = "U0DAVE";
export const MALLORY = "U0MALLORY";
export const GINA = "U0GINA";

export const APPROVALS = "C0APPROVALS";
export const INCIDENTS = "C0INCIDENTS";
export const SECURITY = "C0SECURITY";
export const INC_42 = "C0INC42";

/** The workspace that whole-bot tests play in. Gina is a guest; Mallory is a member whom the policy doesn't know. */
export const ACME: WorkspaceSeed = {
  team: { id: "T0ACME", name: "Acme" },
  botToken: "xoxb-test-token",
  appToken: "xapp-test-token",
  signingSecret: "8f742231b10e8888abcd99yyyzzz85a5",
  appId: "A0BREAKGLASS",
  users: [
    { id: ALICE, name: "alice", real_name: "Alice Ng" },
    { id: BOB, name: "bob", real_name: "Bob Ortiz" },
    { id: CAROL, name: "carol", real_name: "Carol Diaz" },
    { id: DAVE, name: "dave", real_name: "Dave Poe" },
    { id: MALLORY, name: "mallory", real_name: "Mallory" },
    { id: GINA, name: "gina", real_name: "Gina Guest", is_restricted: true },
  ],
  channels: [
    { id: APPROVALS, name: "approvals", botIsMember: true },
    { id: INCIDENTS, name: "incidents", botIsMember: true },
    { id: SECURITY, name: "security", botIsMember: true },
    { id: INC_42, name: "inc-42-orders-down" },
  ],
  userGroups: [{ id: "S0DBA", handle: "dba", members: [DAVE] }],
};

/** People who are nobody, for a policy with drills. */
export const REHEARSERS = `
  fire-drill: { name: Fire drill, drill: true }
  marshal: { name: Fire marshal, drill: true }`;

/** A policy for that workspace. `targets` is YAML, indented by two. */
export function acmePolicy(targets: string): string {
  return `
version: 1
channels:
  approvals: ${APPROVALS}
  incidents: ${INCIDENTS}
  security: ${SECURITY}
  incidentChannels: "^inc-"
people:
  alice: { name: Alice Ng, slack: ${ALICE} }
  bob:   { name: Bob Ortiz, slack: ${BOB} }
  carol: { name: Carol Diaz, slack: ${CAROL} }
  dave:  { name: Dave Poe, slack: ${DAVE} }
  gina:  { name: Gina Guest, slack: ${GINA} }${targets.includes("\ndrills:") ? REHEARSERS : ""}
groups:
  sre: [alice, bob, gina]
  leads: [carol, bob]
  dba: { slackGroup: S0DBA }
targets:
${targets}`;
}

/** A folder without rules of anomalies, for what isn't about them: what is unusual depends on the hour. */
export const NO_RULES = import.meta.dirname;
