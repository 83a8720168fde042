import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { policyNames } from "../../src/cli/policy-names.ts";
import { DEMO_POLICY } from "../../src/demo/workspace.ts";
import { plainIo } from "../support/plain-io.ts";

const SEALED = `
  old-console:
    title: Old console
    provider: vault
    connection: { account: old-console }
    roles:
      admin:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 5m, max: 30m }
`;

it("the command line calls people as the policy does, whatever its targets are", async () => {
  const dir = await mkdtemp(join(tmpdir(), "bg-names-"));
  try {
    const POLICY_FILE = join(dir, "policy.yaml");
    await writeFile(POLICY_FILE, DEMO_POLICY.replace("\ntargets:\n", `\ntargets:${SEALED}`));
    const names = await policyNames(plainIo({ POLICY_FILE }));
    assert.equal(names.name("alice"), "Alice Ng");
    assert.equal(names.name("nobody"), "nobody");
    await writeFile(POLICY_FILE, "people: [");
    assert.equal((await policyNames(plainIo({ POLICY_FILE }))).name("alice"), "alice");
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
