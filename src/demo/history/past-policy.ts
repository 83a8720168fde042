/** The policy that the made-up past happened under: the demo's own database, and targets that the demo itself doesn't run. */
export const PAST_POLICY = `version: 1
channels: { approvals: C0APPROVALS, incidents: C0INCIDENTS, security: C0SECURITY }
people:
  alice: { name: Alice Ng, slack: U0ALICE }
  bob: { name: Bob Ortiz, slack: U0BOB }
  carol: { name: Carol Diaz, slack: U0CAROL }
groups:
  sre: [alice, bob]
  leads: [carol]
admins: [sre, leads]
review: { by: [sre, leads], due: 7d }
targets:
  orders-db:
    title: Orders database (production)
    provider: postgres
    connection: { url: "postgres://past@localhost/orders" }
    roles:
      reader:
        grant: { memberOf: [orders_reader] }
        requesters: [sre]
        approval: { automatic: { uses: 3, per: 24h }, approvers: [leads] }
        duration: { default: 30m, max: 1h }
        review: false
      writer:
        grant: { memberOf: [orders_writer] }
        requesters: [sre]
        approval: { approvers: [leads], lapse: 30m, emergency: { after: 5m, max: 15m } }
        duration: { default: 15m, max: 30m }
  billing-db:
    title: Billing database (production)
    provider: postgres
    connection: { url: "postgres://past@localhost/billing" }
    roles:
      reader:
        grant: { memberOf: [billing_reader] }
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 1h, max: 2h }
        review: false
  search-cluster:
    title: Search cluster
    provider: postgres
    connection: { url: "postgres://past@localhost/search" }
    roles:
      operator:
        grant: { memberOf: [search_operator] }
        requesters: [sre]
        approval: { approvers: [leads], lapse: 20m, emergency: { after: 5m, max: 30m } }
        duration: { default: 30m, max: 1h }
  admin-tool:
    title: Admin tool (production)
    provider: postgres
    connection: { url: "postgres://past@localhost/admin" }
    roles:
      support:
        grant: { memberOf: [admin_support] }
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 30m, max: 1h }
`;
