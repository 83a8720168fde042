import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadPolicy } from "../../../src/domain/policy/load.ts";
import { SUBCOMMANDS } from "../../../src/domain/subcommands.ts";
import { ANY_PROVIDER } from "../acme-policy.ts";
import { DESIGN_ENV, DESIGN_POLICY, lineWith } from "./design-policy.ts";

const WRITER = "targets.orders-db.roles.writer";

/** The problems of the example with one thing changed, as `path: message`. */
function problemsWith(from: string | RegExp, to: string): string[] {
  const text = DESIGN_POLICY.replace(from, to);
  assert.ok(text !== DESIGN_POLICY, "nothing was changed");
  const loaded = loadPolicy(text, { env: DESIGN_ENV, providers: ANY_PROVIDER });
  return "problems" in loaded ? loaded.problems.map(({ path, message }) => `${path}: ${message}`) : [];
}

describe("a policy of the right form is wrong where", () => {
  const cases: [what: string, from: string | RegExp, to: string, problem: string | RegExp][] = [
    [
      "a group lists somebody unknown",
      "sre:   [alice, bob]",
      "sre: [alice, rob]",
      "groups.sre.1: There is no person rob under people. Did you mean bob?",
    ],
    [
      "a group lists a part of every object",
      "leads: [carol]",
      "leads: [carol, constructor]",
      /^groups\.leads\.1: There is no person constructor/,
    ],
    [
      "a role names an unknown group of requesters",
      /(orders_writer\] \}\n +)requesters: \[sre\]/,
      "$1requesters: [ops]",
      `${WRITER}.requesters.0: There is no group ops under groups.`,
    ],
    [
      "a role names an unknown group of approvers",
      "[dba, leads]",
      "[dba, boss]",
      `${WRITER}.approval.approvers.1: There is no group boss under groups.`,
    ],
    [
      "a role names a part of every object as approvers",
      "[dba, leads]",
      "[dba, constructor]",
      /approvers\.1: There is no group constructor/,
    ],
    [
      "a step escalates to an unknown group",
      "to: [leads]",
      "to: [boss]",
      `${WRITER}.approval.escalate.0.to.0: There is no group boss under groups.`,
    ],
    [
      "an unknown group is to be denied",
      "grant: { memberOf: [orders_writer] }",
      "grant: {}\n        deny: [boss]",
      `${WRITER}.deny.0: There is no group boss under groups.`,
    ],
    [
      "P10: two people have one Slack account",
      "slack: U0CAROL",
      "slack: U0ALICE",
      "people.carol.slack: alice has the same slack account. One account belongs to one person.",
    ],
    [
      "P10: two people have one Teams account, however it is written",
      "slack: U0CAROL",
      "slack: U0CAROL, teams: 8D3C",
      /^people\.carol\.teams: alice has the same teams account/,
    ],
    [
      "two people have one address",
      "slack: U0CAROL",
      "slack: U0CAROL, email: Alice@ACME.test",
      /^people\.carol\.email: alice/,
    ],
    [
      "the default is longer than the max",
      "default: 15m",
      "default: 31m",
      `${WRITER}.duration.default: The default is longer than the max.`,
    ],
    [
      "somebody else than the two has to confirm with a key",
      "stepUp: [requester, approver]",
      "stepUp: [requester, auditor]",
      /^targets\.orders-db\.roles\.writer\.stepUp\.1: One of these is expected: "requester", "approver"/,
    ],
    [
      "the administrators are no group",
      "targets:",
      "admins: [leeds]\ntargets:",
      "admins.0: There is no group leeds under groups. Did you mean leads?",
    ],
    [
      "a model of key is no AAGUID",
      "targets:",
      "stepUpKeys: { models: [yubikey] }\ntargets:",
      /^stepUpKeys\.models\.0: A model is an AAGUID/,
    ],
    [
      "nobody approves and nothing is automatic",
      "approvers: [dba, leads]",
      "",
      `${WRITER}.approval: Name the approvers, or make the approval automatic.`,
    ],
    [
      "a budget has nobody behind it",
      /quorum: 1 {3,}.*\n +approvers: \[leads\]/,
      "",
      /roles\.reader\.approval: Name the approvers/,
    ],
    [
      "a condition names a schedule that is none",
      "{ uses: 3, per: 24h }",
      "{ uses: 3, per: 24h, when: [{ onCall: primery }] }",
      /roles\.reader\.approval\.automatic\.when\.0\.onCall: There is no schedule primery under schedules\.$/,
    ],
    [
      "a condition names incidents that are none",
      "{ uses: 3, per: 24h }",
      "{ when: [{ incident: chanel }] }",
      /when\.0\.incident: There is no chanel under incidents\. Did you mean channel\?/,
    ],
    [
      "no channel is an incident's own, and one is asked for",
      /incidentChannels: .*([\s\S]*)\{ uses: 3, per: 24h \}/,
      "$1{ when: [{ incident: channel }] }",
      /when\.0\.incident: No channel is an incident's own: set channels\.incidentChannels/,
    ],
    [
      "two people are one in PagerDuty",
      /bob:( +)\{([\s\S]*?)carol: \{/,
      "bob:$1{ pagerduty: PT23IWX,$2carol: { pagerduty: PT23IWX,",
      /^people\.carol\.pagerduty: bob has the same pagerduty account/,
    ],
    [
      "the escalation comes after the lapse",
      "after: 5m",
      "after: 30m",
      /escalate\.0\.after: By then the request has lapsed/,
    ],
    [
      "the emergency opens after the lapse",
      "after: 10m",
      "after: 31m",
      /emergency\.after: By then the request has lapsed/,
    ],
    ["an emergency is longer than the role's max", "max: 15m", "max: 31m", /emergency\.max: .*not be longer/],
  ];
  for (const [what, from, to, problem] of cases) {
    it(what, () => {
      const problems = problemsWith(from, to);
      const match = problems.find((each) => (typeof problem === "string" ? each === problem : problem.test(each)));
      assert.ok(match, JSON.stringify(problems));
    });
  }

  it("a target has a name that the command keeps for itself", () => {
    for (const word of SUBCOMMANDS) {
      const [problem] = problemsWith("  orders-db:\n", `  ${word}:\n`);
      assert.match(problem ?? "", new RegExp(`^targets\\.${word}: "${word}" is a word of the command itself`));
    }
  });
});

describe("P10: a quorum that the listed approvers can't reach without the requester", () => {
  const unreachable = /approval\.quorum: It takes 2, but without the requester there is one approver/;

  it("is a load error, on the quorum's own line", () => {
    const text = DESIGN_POLICY.replace("quorum: 1                               #", "quorum: 2 #");
    const loaded = loadPolicy(text, { env: DESIGN_ENV, providers: ANY_PROVIDER });
    assert.ok("problems" in loaded);
    assert.match(`${loaded.problems[0]?.path}: ${loaded.problems[0]?.message}`, unreachable);
    assert.equal(loaded.problems[0]?.line, lineWith(text, "quorum: 2"));
  });

  it("is one too where the only other approver is the requester", () => {
    const both = DESIGN_POLICY.replace("sre:   [alice, bob]", "sre: [alice]")
      .replace("leads: [carol]", "leads: [alice, carol]")
      .replace("quorum: 1                               #", "quorum: 2 #");
    const loaded = loadPolicy(both, { env: DESIGN_ENV, providers: ANY_PROVIDER });
    assert.ok("problems" in loaded);
    assert.match(`${loaded.problems[0]?.path}: ${loaded.problems[0]?.message}`, unreachable);
  });

  it("is left to the moment of asking where a group is read live, or some requester could be approved", () => {
    assert.deepEqual(problemsWith("quorum: 1\n", "quorum: 3\n"), []);
    assert.deepEqual(problemsWith("leads: [carol]", "leads: [alice]"), []);
  });
});
