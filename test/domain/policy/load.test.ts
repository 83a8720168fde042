import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { providerChecks } from "../../../src/app/provider-checks.ts";
import { loadPolicy, type LocatedProblem } from "../../../src/domain/policy/load.ts";
import { ANY_PROVIDER } from "../acme-policy.ts";
import { NAUGHTY } from "../naughty.ts";
import { DESIGN_ENV, DESIGN_POLICY, lineWith } from "./design-policy.ts";

const options = { env: DESIGN_ENV, providers: providerChecks };

/** The example with one thing changed, and the problems that this makes. */
function problemsWith(from: string | RegExp, to: string, changed: Partial<typeof options> = {}) {
  const text = DESIGN_POLICY.replace(from, to);
  assert.ok(text !== DESIGN_POLICY, "nothing was changed");
  const loaded = loadPolicy(text, { ...options, ...changed });
  return { text, problems: "problems" in loaded ? loaded.problems : [] };
}

describe("the policy file", () => {
  it("loads as the design writes it, with durations in milliseconds and values from the environment", () => {
    const loaded = loadPolicy(DESIGN_POLICY, options);
    assert.ok("policy" in loaded, JSON.stringify(loaded));
    const { targets, people, groups, hash } = loaded.policy;
    const writer = targets["orders-db"]?.roles["writer"];
    assert.deepEqual(targets["orders-db"]?.connection, { url: DESIGN_ENV["ORDERS_DB_ADMIN_URL"] });
    assert.deepEqual(writer?.duration, { default: 900_000, max: 1_800_000 });
    assert.deepEqual(writer.approval, {
      quorum: 1,
      approvers: ["dba", "leads"],
      escalate: [{ after: 300_000, to: ["leads"] }],
      lapse: 1_800_000,
      emergency: { after: 600_000, max: 900_000 },
    });
    assert.deepEqual(people["alice"], { name: "Alice Ng", slack: "U0ALICE", teams: "8d3c", email: "alice@acme.test" });
    assert.deepEqual(groups["dba"], { slackGroup: "S0DBA" });
    assert.match(hash, /^[0-9a-f]{12}$/);
  });

  it("is named by the hash of its text, so that two policies never look alike", () => {
    const hash = (text: string) => {
      const loaded = loadPolicy(text, options);
      return "policy" in loaded ? loaded.policy.hash : assert.fail();
    };
    assert.equal(hash(DESIGN_POLICY), hash(DESIGN_POLICY));
    assert.notEqual(hash(DESIGN_POLICY), hash(`${DESIGN_POLICY}\n`));
  });

  it("knows `approval: automatic` alone as automatic without a budget", () => {
    const loaded = loadPolicy(
      DESIGN_POLICY.replace(/approval: {30}[\s\S]*?approvers: \[leads\]/, "approval: automatic"),
      options,
    );
    assert.ok("policy" in loaded);
    assert.deepEqual(loaded.policy.targets["orders-db"]?.roles["reader"]?.approval.automatic, { when: [] });
  });

  it("doesn't say of a source of facts with a mistake that it is not there", () => {
    const loaded = loadPolicy(
      DESIGN_POLICY.replace("{ uses: 3, per: 24h }", "{ when: [{ onCall: primary }, { incident: tracker }] }").replace(
        "targets:",
        "schedules: { primary: { fil: a.yaml } }\nincidents: { tracker: { http: {} } }\ntargets:",
      ),
      options,
    );
    assert.ok("problems" in loaded);
    assert.deepEqual(
      loaded.problems.map(({ path }) => path),
      ["schedules.primary.fil", "incidents.tracker.http.url"],
    );
  });

  it("reports every problem at once", () => {
    const text = DESIGN_POLICY.replace("30m, max: 1h", "30 minutes, max: 1h")
      .replace("lapse: 30m", "lapsee: 30m")
      .replace("C0SECURITY", "security");
    const loaded = loadPolicy(text, options);
    assert.ok("problems" in loaded);
    assert.deepEqual(
      loaded.problems.map(({ path, line }) => [path, line]),
      [
        ["channels.security", lineWith(text, "security:")],
        ["targets.orders-db.roles.reader.duration.default", lineWith(text, "30 minutes")],
        ["targets.orders-db.roles.writer.approval.lapsee", lineWith(text, "lapsee")],
      ],
    );
  });
});

describe("a mistake hides no other", () => {
  const hidden: [what: string, from: string | RegExp, to: string][] = [
    ["a misspelt setting of the role itself", "requesters:", "requestrs: [sre]\n        requesters:"],
    ["a misspelt setting of the approval", "lapse: 30m", "lapsee: 30m"],
    ["a duration in words", "lapse: 30m", "lapse: half an hour"],
    ["a missing setting", /^ +duration: .*\n/m, ""],
    ["a channel in no platform", "C0APPROVALS", "{}"],
    ["a person without an account", ",  slack: U0BOB", ""],
    ["a missing channel", /^ +approvals: .*\n/m, ""],
    ["a target with a misspelt setting", "provider: postgres", "provider: postgres\n    runbok: x"],
  ];
  for (const [what, from, to] of hidden) {
    it(`${what}, and elsewhere an account of two people, and a group and a person that are not there`, () => {
      const text = DESIGN_POLICY.replace(from, to)
        .replace("slack: U0CAROL", "slack: U0ALICE")
        .replace("approvers: [dba", "approvers: [dbas")
        .replace("sre:   [alice", "sre:   [alicia");
      assert.notEqual(DESIGN_POLICY.replace(from, to), DESIGN_POLICY);
      const loaded = loadPolicy(text, options);
      assert.ok("problems" in loaded);
      const messages = loaded.problems.map(({ message }) => message);
      assert.equal(messages.length, 4, JSON.stringify(loaded.problems));
      assert.ok(messages.includes("alice has the same slack account. One account belongs to one person."));
      assert.ok(messages.includes("There is no group dbas under groups. Did you mean dba?"));
      assert.ok(messages.includes("There is no person alicia under people. Did you mean alice?"));
    });
  }

  it("and what only follows from a mistake is not told beside it", () => {
    for (const [from, to] of [
      ["approvers: [dba, leads]", "approvers: dba"],
      ["quorum: 1", "quorum: one"],
      ["  leads: [carol]", "  leads: [Carol Diaz]"],
      ["  carol: ", "  Carol: "],
    ] as const) {
      const { problems } = problemsWith(from, to);
      const [first, ...others] = problems;
      assert.ok(first);
      assert.ok(
        others.every(({ path }) => path.startsWith(`groups.`)),
        JSON.stringify(problems),
      );
    }
  });
});

describe("each problem has its path, its line, and what would be right", () => {
  const WRITER = "targets.orders-db.roles.writer";
  const cases: [what: string, from: string | RegExp, to: string, path: string, marker: string, message: RegExp][] = [
    [
      "an unknown setting of the file",
      "people: ",
      "peopel: {}\npeople: ",
      "peopel",
      "peopel",
      /no setting "peopel" here. Did you mean people/,
    ],
    [
      "an unknown setting deep inside",
      "lapse: 30m",
      "lapsee: 30m",
      `${WRITER}.approval.lapsee`,
      "lapsee",
      /Did you mean lapse\?/,
    ],
    ["a duration in words", "lapse: 30m", "lapse: half an hour", `${WRITER}.approval.lapse`, "half an", /45s, 15m, 2h/],
    [
      "a missing setting",
      /(memberOf: \[orders_writer\] \}\n) +requesters.*\n/,
      "$1",
      `${WRITER}.requesters`,
      "writer:",
      /This is missing: a list is expected/,
    ],
    [
      "a number in words",
      /quorum: 1\n/,
      "quorum: two\n",
      `${WRITER}.approval.quorum`,
      "quorum: two",
      /Here stands a text, and a number is expected/,
    ],
    ["another version", "version: 1", "version: 2", "version", "version: 2", /reads version 1 of the policy, not 2/],
    [
      "a channel's name for its id",
      "C0APPROVALS",
      '"#approvals"',
      "channels.approvals",
      "#approvals",
      /C0APPROVALS \(not its name\)/,
    ],
    [
      "a channel in no platform",
      "C0APPROVALS",
      "{}",
      "channels.approvals",
      "approvals: {}",
      /C0APPROVALS \(not its name/,
    ],
    ["a person without an account", ",  slack: U0BOB", "", "people.bob", "bob: ", /slack id, a teams id, or both/],
    ["a person's name as a key", "  bob: ", "  Bob Ortiz: ", "people.Bob Ortiz", "Bob Ortiz:", /lower-case letters/],
    ["an account that is none", "slack: U0BOB", "slack: bob", "people.bob.slack", "bob: ", /begins with U or W/],
    ["a bad pattern", '"^inc-"', '"["', "channels.incidentChannels", "incidentChannels", /not a regular expression/],
    [
      "a runbook that is no page",
      "https://runbooks",
      "javascript://runbooks",
      "targets.orders-db.runbook",
      "runbook:",
      /https:\/\//,
    ],
    [
      "a condition that is none",
      "{ uses: 3, per: 24h }",
      "{ when: [{ onCal: primary }] }",
      "targets.orders-db.roles.reader.approval.automatic.when.0.onCal",
      "onCal",
      /Did you mean onCall/,
    ],
    [
      "a schedule of two sources",
      "targets:",
      "schedules: { primary: { file: a.yaml, http: { url: https://a.test } } }\ntargets:",
      "schedules.primary",
      "schedules",
      /one of: \{ pagerduty/,
    ],
    [
      "a source of facts that anybody on the way can answer for",
      "targets:",
      "schedules: { primary: { http: { url: http://rota.acme.test } } }\ntargets:",
      "schedules.primary.http.url",
      "schedules",
      /only on this machine/,
    ],
    [
      "an approval in a word",
      /approval:\n +quorum[\s\S]*?\n( +)duration/,
      "approval: manual\n$1duration",
      `${WRITER}.approval`,
      "manual",
      /automatic, or an object/,
    ],
    [
      "an empty approver list",
      "approvers: [dba, leads]",
      "approvers: []",
      `${WRITER}.approval.approvers`,
      "approvers: []",
      /at least one group/,
    ],
    [
      "a provider that there is not",
      "provider: postgres",
      "provider: oracle",
      "targets.orders-db.provider",
      "oracle",
      /no such provider. There are: postgres, command/,
    ],
    ["a grant that the provider can't give", "[orders_writer]", "[]", `${WRITER}.grant.memberOf`, "[]", /./],
    [
      "an unset variable",
      "${ORDERS_DB_ADMIN_URL}",
      "${NO_SUCH}",
      "targets.orders-db.connection.url",
      "NO_SUCH",
      /variable NO_SUCH is not set/,
    ],
    [
      "a target without roles",
      /roles:\n[\s\S]*/,
      "roles: {}\n",
      "targets.orders-db.roles",
      "roles:",
      /at least one role/,
    ],
  ];
  for (const [what, from, to, path, marker, message] of cases) {
    it(what, () => {
      const { text, problems } = problemsWith(from, to);
      const problem = problems.find((each) => each.path === path);
      assert.ok(problem, JSON.stringify(problems));
      assert.equal(problem.line, lineWith(text, marker), JSON.stringify(problem));
      assert.match(problem.message, message);
    });
  }

  it("a value of the wrong kind is one problem, and nothing is said of its length", () => {
    for (const [from, to] of [
      ["name: Bob Ortiz", "name: []"],
      ["[{ after: 5m, to: [leads] }]", "a few minutes later"],
    ] as const) {
      const [problem, ...others] = problemsWith(from, to).problems;
      assert.match(problem?.message ?? "", /^Here stands a .* is expected\.$/);
      assert.deepEqual(others, []);
    }
  });

  it("a key that stands twice, also deep inside", () => {
    for (const [from, to] of [
      ["version: 1", "version: 1\nversion: 1"],
      ["lapse: 30m", "lapse: 30m\n          lapse: 1h"],
    ] as const) {
      const { problems } = problemsWith(from, to);
      assert.equal(problems[0]?.message, "Map keys must be unique.");
      assert.ok(problems[0].line > 1);
    }
  });

  it("what is no YAML, and an alias that stands for nothing", () => {
    const alias = problemsWith("[dba, leads]", "*leads");
    assert.equal(alias.problems[0]?.line, lineWith(alias.text, "*leads"));
    assert.match(alias.problems[0].message, /quotation marks/);
    const broken = problemsWith("[dba, leads]", "[dba, leads");
    assert.ok(broken.problems.length > 0);
    for (const text of ["", "hello", "- a", "42", "a: &a [*a]"]) {
      assert.ok("problems" in loadPolicy(text, options), text);
    }
  });

  it("an anchor that multiplies without end", () => {
    const level = (name: string, of: string) =>
      `${name}: &${name} [${Array.from({ length: 12 }, () => of).join(",")}]\n`;
    const laughs = level("a", "x") + level("b", "*a") + level("c", "*b") + level("d", "*c");
    assert.ok("problems" in loadPolicy(laughs, options));
  });
});

describe("the environment in the policy", () => {
  it("is put in after the file's structure is known, and shows in no problem", () => {
    const env = { ORDERS_DB_ADMIN_URL: "x\npeople: {}\n# }" };
    const loaded = loadPolicy(DESIGN_POLICY, { env, providers: ANY_PROVIDER });
    assert.ok("policy" in loaded);
    assert.deepEqual(loaded.policy.targets["orders-db"]?.connection, { url: env.ORDERS_DB_ADMIN_URL });
    const secret = loadPolicy(DESIGN_POLICY, {
      env: { ORDERS_DB_ADMIN_URL: "canary secret" },
      providers: providerChecks,
    });
    assert.ok("problems" in secret);
    assert.doesNotMatch(JSON.stringify(secret.problems), /canary/);
  });

  it("counts an empty variable as unset", () => {
    const loaded = loadPolicy(DESIGN_POLICY, { ...options, env: { ORDERS_DB_ADMIN_URL: "" } });
    assert.ok("problems" in loaded);
    assert.match(loaded.problems[0]?.message ?? "", /not set/);
  });

  it("is left alone in connections where the process may not hold the targets' keys", () => {
    const loaded = loadPolicy(DESIGN_POLICY, { env: {}, providers: providerChecks, secrets: false });
    assert.ok("policy" in loaded, JSON.stringify(loaded));
    assert.deepEqual(loaded.policy.targets["orders-db"]?.connection, { url: "${ORDERS_DB_ADMIN_URL}" });
    const elsewhere = problemsWith("Orders database", "${NO_SUCH} database", { env: {} });
    assert.ok(elsewhere.problems.some(({ path }) => path === "targets.orders-db.title"));
  });
});

describe("whatever stands in the file", () => {
  it("comes out as a policy or as problems with lines, and throws nothing", () => {
    const check = (text: string) => {
      const loaded = loadPolicy(text, options);
      const problems: readonly LocatedProblem[] = "problems" in loaded ? loaded.problems : [];
      assert.ok("policy" in loaded || problems.length > 0);
      for (const { line, message } of problems) {
        assert.ok(line >= 1 && line <= text.split("\n").length + 1, `${line} of ${JSON.stringify(text)}`);
        assert.notEqual(message, "");
      }
    };
    for (const text of NAUGHTY) check(`version: 1\npeople:\n  alice: { name: ${text} }\n`);
    const lines = DESIGN_POLICY.split("\n");
    fc.assert(
      fc.property(
        fc.nat(lines.length - 1),
        fc.nat(60),
        fc.constantFrom(...NAUGHTY.slice(0, 400), "", "*", "&a", ":", "- ", "{", "__proto__:"),
        (row, column, text) => {
          const line = lines[row] ?? "";
          check(lines.with(row, line.slice(0, column) + text + line.slice(column)).join("\n"));
        },
      ),
      { numRuns: 300 },
    );
  });
});
