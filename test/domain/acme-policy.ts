import assert from "node:assert/strict";
import { loadPolicy, type ProviderChecks } from "../../src/domain/policy/load.ts";
import type { Policy } from "../../src/domain/policy/schema.ts";

/** Checks that find nothing: what a `connection:` and a `grant:` may hold is the providers' own tests' matter. */
export const ANY_PROVIDER: ProviderChecks = {
  kinds: ["postgres", "command", "scripted"],
  checkConnection: () => [],
  checkRole: () => [],
};

/** A policy with every path in it: a quorum, escalation, emergency, budget, automatic, deny, groups read live. */
export const ACME_POLICY = `
version: 1
channels: { approvals: C0APPROVALS, incidents: C0INCIDENTS, security: C0SECURITY, incidentChannels: "^inc-" }
people:
  alice: { name: Alice Ng, slack: U0ALICE, teams: 8d3c-alice }
  bob:   { name: Bob Ortiz, slack: U0BOB }
  carol: { name: Carol Diaz, slack: U0CAROL }
  dave:  { name: Dave Poe, slack: U0DAVE }
  erin:  { name: Erin Fox, slack: U0ERIN }
  mal:   { name: Mal Lory, slack: U0MALLORY }
groups:
  sre: [alice, bob, erin]
  leads: [bob, carol]
  chiefs: [erin]
  nobody: []
  contractors: { slackGroup: S0CONTRACT }
  dba: { slackGroup: S0DBA }
targets:
  orders-db:
    title: Orders database (production)
    provider: scripted
    runbook: https://runbooks.acme.test/orders-db
    roles:
      writer:
        grant: { memberOf: [orders_writer] }
        requesters: [sre]
        approval:
          quorum: 1
          approvers: [dba, leads]
          escalate: [{ after: 5m, to: [chiefs] }]
          lapse: 30m
          emergency: { after: 10m, max: 5m }
        duration: { default: 15m, max: 30m }
      owner:
        grant: { memberOf: [orders_owner] }
        requesters: [sre]
        deny: [contractors]
        approval: { quorum: 2, approvers: [leads, dba] }
        duration: { default: 10m, max: 10m }
      reader:
        grant: { memberOf: [orders_reader] }
        requesters: [sre]
        approval: { automatic: { uses: 2, per: 24h }, quorum: 1, approvers: [leads] }
        duration: { default: 30m, max: 1h }
  status-page:
    title: Status page
    provider: scripted
    roles:
      editor:
        grant: {}
        requesters: [sre]
        approval: automatic
        duration: { default: 1h, max: 4h }
      live-only:
        grant: {}
        requesters: [sre]
        approval: { approvers: [dba] }
        duration: { default: 1h, max: 4h }
`;

/** A policy from its text. Fails the test when it doesn't load. */
export function policyOf(text: string): Policy {
  const loaded = loadPolicy(text, { env: {}, providers: ANY_PROVIDER });
  if ("problems" in loaded) assert.fail(loaded.problems.map(({ line, message }) => `${line}: ${message}`).join("\n"));
  return loaded.policy;
}

export const acme = policyOf(ACME_POLICY);
