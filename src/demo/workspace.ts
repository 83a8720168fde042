import type { WorkspaceSeed } from "./slack/workspace/seed.ts";

/**
 * Who and what is in the demo's workspace. The tokens open nothing but the stand-in on this machine.
 *
 * @param random - fresh random text, for the tokens
 */
export function demoWorkspace(random: () => string): WorkspaceSeed & { readonly signingSecret: string } {
  return {
    team: { id: "T0ACME", name: "Acme" },
    botToken: `xoxb-${random()}`,
    appToken: `xapp-${random()}`,
    signingSecret: random(),
    appId: "A0BREAKGLASS",
    bot: { user_id: "U0BREAKGLASS", bot_id: "B0BREAKGLASS", name: "Breakglass" },
    users: [
      { id: "U0ALICE", name: "alice", real_name: "Alice Ng", title: "on call" },
      { id: "U0BOB", name: "bob", real_name: "Bob Ortiz", title: "on call" },
      { id: "U0CAROL", name: "carol", real_name: "Carol Diaz", title: "lead" },
      { id: "U0MALLORY", name: "mallory", real_name: "Mallory Reed", title: "not allowed" },
    ],
    channels: [
      { id: "C0APPROVALS", name: "approvals", topic: "Who may get in", botIsMember: true },
      { id: "C0INCIDENTS", name: "incidents", topic: "The audit thread of every request", botIsMember: true },
      { id: "C0INC42", name: "inc-42-orders-down", topic: "Orders are stuck after the failover", botIsMember: true },
      { id: "C0SECURITY", name: "security", topic: "Emergencies and overdue access", botIsMember: true },
    ],
  };
}

/** The demo's policy: short times, so that one can watch access end; and a role that takes a security key. */
export const DEMO_POLICY = `# The demo's policy. The same form as a real one; only the times are short.
version: 1
channels:
  approvals: C0APPROVALS
  incidents: C0INCIDENTS
  security: C0SECURITY
  incidentChannels: "^inc-"
people:
  alice: { name: Alice Ng, slack: U0ALICE }
  bob: { name: Bob Ortiz, slack: U0BOB }
  carol: { name: Carol Diaz, slack: U0CAROL }
  fire-drill: { name: Fire drill, drill: true }
  marshal: { name: Fire marshal, drill: true }
groups:
  sre: [alice, bob]
  leads: [carol]
admins: [sre, leads]
review: { by: [sre, leads], due: 1h }
targets:
  orders-db:
    title: Orders database (production)
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    gateway: true
    runbook: https://runbooks.acme.test/orders-db
    roles:
      reader:
        grant: { memberOf: [orders_reader] }
        requesters: [sre]
        approval:
          automatic: { uses: 3, per: 24h }
          approvers: [leads]
        duration: { default: 5m, max: 30m }
      writer:
        grant: { memberOf: [orders_writer] }
        requesters: [sre]
        approval:
          approvers: [leads]
          lapse: 30m
          emergency: { after: 1m, max: 5m }
        duration: { default: 15m, max: 30m }
      owner:
        grant: { memberOf: [orders_owner] }
        requesters: [sre]
        approval: { approvers: [leads] }
        stepUp: [requester, approver]
        duration: { default: 5m, max: 15m }
drills:
  - { target: orders-db, role: writer, person: fire-drill, approver: marshal }
`;
