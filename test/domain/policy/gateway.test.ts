import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { providerChecks } from "../../../src/app/provider-checks.ts";
import { loadPolicy } from "../../../src/domain/policy/load.ts";
import { DESIGN_ENV, DESIGN_POLICY } from "./design-policy.ts";

function load(gateway: string, hasGateway?: boolean, from = DESIGN_POLICY) {
  const text = from.replace(/^( +)provider: .*$/m, `$&\n$1${gateway}`);
  assert.notEqual(text, DESIGN_POLICY);
  return loadPolicy(text, { env: DESIGN_ENV, providers: providerChecks, hasGateway });
}

function problemsOf(loaded: ReturnType<typeof load>): string[] {
  return "problems" in loaded ? loaded.problems.map(({ path, message }) => `${path}: ${message}`) : [];
}

describe("a target behind the session gateway", () => {
  it("says so with true, or with settings, which come out alike", () => {
    const [short, long] = ["gateway: true", "gateway: {}"].map((each) => load(each, true));
    assert.ok(short !== undefined && "policy" in short, JSON.stringify(short));
    assert.ok(long !== undefined && "policy" in long);
    assert.ok(short.policy.targets["orders-db"]?.gateway);
    assert.deepEqual(short.policy.targets["orders-db"].gateway, long.policy.targets["orders-db"]?.gateway);
    for (const wrong of ["gateway: false", "gateway: [mask]", "gateway: { masks: [card] }"])
      assert.equal(problemsOf(load(wrong, true)).length, 1, wrong);
  });

  it("is a problem where there is no gateway, and what would be right is said; unless that doesn't matter", () => {
    const [problem = ""] = problemsOf(load("gateway: true", false));
    assert.match(problem, /^targets\.orders-db\.gateway: There is no session gateway: set GATEWAY_PORT/);
    assert.deepEqual(problemsOf(load("gateway: true")), []);
  });

  it("is a problem before a kind of target that none can stand before", () => {
    const command = DESIGN_POLICY.replace("provider: postgres", "provider: command").replace(
      /connection: .*/,
      'connection: { command: ["/bin/true"] }',
    );
    const problems = problemsOf(load("gateway: true", true, command));
    assert.match(problems.join("\n"), /can't stand before command, only before: postgres/);
  });
});
