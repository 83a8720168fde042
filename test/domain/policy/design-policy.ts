/** The example of DESIGN section 6. */
export const DESIGN_POLICY = `version: 1
channels:
  approvals: C0APPROVALS        # approval cards
  incidents: C0INCIDENTS        # the audit thread, unless the command was typed in an incident channel of its own
  security:  C0SECURITY         # emergencies, overdue grants, anomalies
  incidentChannels: "^inc-"     # a channel whose name matches keeps its own threads

people:                         # one human, however many accounts
  alice: { name: Alice Ng,   slack: U0ALICE, teams: 8d3c, email: alice@acme.test }
  bob:   { name: Bob Ortiz,  slack: U0BOB }
  carol: { name: Carol Diaz, slack: U0CAROL }
groups:
  sre:   [alice, bob]
  leads: [carol]
  dba:   { slackGroup: S0DBA }  # read live; a failure to read it counts as empty

targets:
  orders-db:
    title: Orders database (production)
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    runbook: https://runbooks.acme.test/orders-db
    roles:
      reader:
        grant: { memberOf: [orders_reader] }
        requesters: [sre]
        approval:                                 # low risk: no human, same thread, same ledger …
          automatic: { uses: 3, per: 24h }        # … within a budget; after that
          quorum: 1                               #     a human
          approvers: [leads]
        duration: { default: 30m, max: 1h }
      writer:
        grant: { memberOf: [orders_writer] }
        requesters: [sre]
        approval:
          quorum: 1
          approvers: [dba, leads]
          escalate: [{ after: 5m, to: [leads] }]  # who is called next
          lapse: 30m                              # nobody decided: the request ends
          emergency: { after: 10m, max: 15m }     # nobody answered: the requester may go ahead alone
        stepUp: [requester, approver]
        duration: { default: 15m, max: 30m }
`;

export const DESIGN_ENV: Readonly<Record<string, string>> = {
  ORDERS_DB_ADMIN_URL: "postgres://admin:pw@db.acme.test/orders",
};

/** The number of the first line that holds a text, from 1; what a reported line is held against. */
export function lineWith(text: string, needle: string): number {
  const index = text.split("\n").findIndex((line) => line.includes(needle));
  if (index === -1) throw new Error(`no line has ${needle}`);
  return index + 1;
}
