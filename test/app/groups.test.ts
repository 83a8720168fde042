import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AccountStanding, Directory } from "../../src/app/directory.ts";
import { approvingGroups, askingGroups, readGroups, withoutUnfit } from "../../src/app/groups.ts";
import { acme } from "../domain/acme-policy.ts";
import { plainDirectory } from "./plain-directory.ts";

describe("who is in a group now", () => {
  it("stands in the policy, or with the chat platform, which is asked once", async () => {
    const directory = plainDirectory({ S0DBA: ["U0DAVE", "U0CAROL", "U0STRANGER", "U0DAVE"] });
    const groups = await readGroups(acme, ["leads", "dba", "dba"], directory);
    assert.deepEqual(Object.fromEntries(groups), {
      leads: { people: ["bob", "carol"], readable: true },
      dba: { people: ["dave", "carol"], readable: true },
    });
    assert.deepEqual(directory.asked, ["S0DBA"]);
  });

  it("P10: is nobody when it can't be read, or doesn't exist", async () => {
    const groups = await readGroups(acme, ["dba", "boss", "constructor"], plainDirectory());
    for (const name of ["dba", "boss", "constructor"]) {
      assert.deepEqual(groups.get(name), { people: [], readable: false }, name);
    }
  });

  it("P10: is nobody, and readable, when it is empty", async () => {
    const groups = await readGroups(acme, ["nobody", "dba"], plainDirectory({ S0DBA: [] }));
    for (const name of ["nobody", "dba"]) assert.deepEqual(groups.get(name), { people: [], readable: true }, name);
  });
});

describe("who of a group can vote at all", () => {
  const groups = new Map([["leads", { people: ["bob", "carol"], readable: true }]]);
  const standing = (answers: Readonly<Record<string, () => Promise<AccountStanding>>>): Directory => ({
    ...plainDirectory(),
    standing: (account) => answers[account]?.() ?? Promise.resolve({ kind: "member" }),
  });

  it("P10: is not whose account is deactivated or a guest's", async () => {
    const directory = standing({ U0BOB: () => Promise.resolve({ kind: "refused", why: "it is deactivated" }) });
    const fit = await withoutUnfit(groups, acme, directory);
    assert.deepEqual(fit.get("leads"), { people: ["carol"], readable: true });
  });

  it("is whom the platform can't tell of, or not in time: their own click is looked at again", async () => {
    const directory = standing({
      U0BOB: () => new Promise(() => undefined),
      U0CAROL: () => Promise.reject(new Error("down")),
    });
    assert.deepEqual((await withoutUnfit(groups, acme, directory)).get("leads")?.people, ["bob", "carol"]);
  });
});

describe("the groups that a decision looks at", () => {
  it("are those of requesters and deniers, and those that can come to vote", () => {
    assert.deepEqual(new Set(askingGroups(acme)), new Set(["sre", "contractors"]));
    assert.deepEqual(approvingGroups(acme, "orders-db", "writer"), ["dba", "leads", "chiefs"]);
    assert.deepEqual(approvingGroups(acme, "status-page", "editor"), []);
  });

  it("are none for what the policy doesn't have, whatever it is called", () => {
    for (const name of ["mars", "constructor", "__proto__", "toString"]) {
      assert.deepEqual(approvingGroups(acme, name, "writer"), [], name);
      assert.deepEqual(approvingGroups(acme, "orders-db", name), [], name);
    }
  });
});
