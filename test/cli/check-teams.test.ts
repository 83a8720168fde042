import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkTeams } from "../../src/cli/doctor/check-teams.ts";
import { CodedError } from "../../src/errors.ts";
import { acme } from "../domain/acme-policy.ts";

const CONFIG = { tenant: "tenant", by: { appId: "app", appPassword: "canary", type: "SingleTenant" } } as const;
const framework = (token: () => Promise<string>) => ({ check: () => Promise.resolve(), token });

describe("doctor, of Teams", () => {
  it("asks Microsoft for a token, and looks for channels in the policy", async () => {
    const [token, ...channels] = await checkTeams(
      CONFIG,
      acme,
      framework(() => Promise.resolve("t")),
    );
    assert.equal(token?.standing, "fine");
    assert.equal(channels.length, 3);
    assert.match(channels[0]?.text ?? "", /names no Teams channel for approvals/);
    const no = () => Promise.reject(new CodedError("CHAT_FAILED", "No token.", { next: "Check it." }));
    assert.deepEqual(
      (await checkTeams(CONFIG, undefined, framework(no))).map(({ standing, hint }) => [standing, hint]),
      [["unknown", "Check it."]],
    );
    const [open] = await checkTeams({ tenant: "tenant", by: "playground" }, undefined);
    assert.equal(open?.standing, "warning");
  });
});
