import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { principalName, requestOf } from "../../src/providers/principal-name.ts";
import { providerKind, providerKinds } from "../../src/providers/registry.ts";
import { failsWith, patience } from "./contract.ts";

describe("the registry of providers", () => {
  it("knows every kind by its name", () => {
    assert.deepEqual([...providerKinds.keys()], ["postgres", "command"]);
    for (const name of providerKinds.keys()) assert.equal(providerKind(name).kind, name);
  });

  it("says which kinds there are when it is asked for another", async () => {
    const unknown = await failsWith("PROVIDER_UNKNOWN", () => Promise.resolve().then(() => providerKind("mysql")));
    assert.match(`${unknown.message} ${unknown.next}`, /"mysql".*postgres and command/);
  });

  it("parses again what comes through its untyped seam", async () => {
    const kind = providerKind("command");
    assert.throws(() => kind.open({ command: [] }), z.ZodError);
    const provider = kind.open(kind.parseConnection({ command: ["true"] }));
    const order = { request: "BG-7K3M2Q", person: "alice", deadline: 0 };
    await assert.rejects(provider.grant({ ...order, role: "no object" }, patience()), z.ZodError);
    assert.deepEqual(await provider.grant({ ...order, role: {} }, patience()), {
      handle: { request: "BG-7K3M2Q", name: "bg_7k3m2q" },
    });
  });
});

describe("a principal's name", () => {
  it("comes from the request and leads back to it", () => {
    assert.equal(principalName("BG-7K3M2Q"), "bg_7k3m2q");
    assert.equal(requestOf("bg_7k3m2q"), "BG-7K3M2Q");
  });

  it("is made of nothing else", () => {
    for (const other of ["", "7K3M2Q", "bg-7k3m2q", "BG-7K3M2", "BG-7K3M2QQ", "BG-7K3M2I", 'BG-7K3M"Q', "BG-7K3M2Q\n"])
      assert.throws(() => principalName(other), { code: "INTERNAL" });
  });

  it("is recognised only when it is exactly one", () => {
    const others = [
      "bg_7k3m2",
      "bg_7k3m2qq",
      "bg_7k3m2i",
      "bg_7k3m2l",
      "bg_7k3m2o",
      "bg_7k3m2u",
      "BG_7K3M2Q",
      "bg_7k3m2q\n",
    ];
    for (const name of [...others, "xbg_7k3m2q", "bg-7k3m2q", "bg_quarantine"])
      assert.equal(requestOf(name), undefined);
  });
});
