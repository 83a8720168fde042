import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { approvingGroups, askingGroups, readGroups } from "../../src/app/groups.ts";
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
