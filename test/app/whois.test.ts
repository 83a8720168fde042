import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { personOf, whois } from "../../src/app/whois.ts";
import { Refusal, type Code } from "../../src/errors.ts";
import { acme } from "../domain/acme-policy.ts";
import { plainDirectory } from "./plain-directory.ts";

const slack = (account: string) => ({ via: "slack", account }) as const;
const GUEST = { kind: "refused", why: "it is a guest" } as const;

async function refused(account: string, standing: Parameters<typeof plainDirectory>[1], code: Code): Promise<Refusal> {
  let refusal: unknown;
  await assert.rejects(whois(acme, slack(account), plainDirectory({}, standing)), (error) => {
    refusal = error;
    return error instanceof Refusal && error.code === code && error.next !== "";
  });
  return refusal as Refusal;
}

describe("who calls", () => {
  it("is the person that the account is bound to", async () => {
    assert.deepEqual(await whois(acme, slack("U0CAROL"), plainDirectory()), {
      person: "carol",
      via: "slack",
      account: "U0CAROL",
    });
    assert.equal(personOf(acme, "slack", "U0CAROL"), "carol");
    assert.equal(personOf(acme, "slack", "8d3c-alice"), undefined, "a Teams account is no Slack account");
  });

  it("is nobody when the policy doesn't know the account, and is told which id to ask for", async () => {
    assert.match((await refused("U0STRANGER", {}, "PERSON_UNKNOWN")).next, /U0STRANGER/);
    await refused("constructor", {}, "PERSON_UNKNOWN");
  });

  it("P10: is refused as a guest, a bot, or a deactivated account, even when the policy names it", async () => {
    assert.match((await refused("U0CAROL", { U0CAROL: GUEST }, "ACCOUNT_REFUSED")).message, /it is a guest/);
  });

  it("P10: is refused when the platform can't say: not to know is no", async () => {
    await refused("U0CAROL", { U0CAROL: { kind: "unknown" } }, "ACCOUNT_UNVERIFIED");
    const broken = { ...plainDirectory(), standing: () => Promise.reject(new Error("down")) };
    await assert.rejects(whois(acme, slack("U0CAROL"), broken));
  });

  it("is an account of the server, and no person of the policy", async () => {
    assert.deepEqual(await whois(acme, { via: "cli", account: "deploy" }, plainDirectory()), {
      via: "cli",
      account: "deploy",
    });
  });
});
