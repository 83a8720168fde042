import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wayOf } from "../../src/app/asking.ts";
import { Secret } from "../../src/secret.ts";

const granted = (user: string, connect?: string, password = "canary") => ({
  handle: { name: "bg_7k3m2q" },
  credential: { user, password: new Secret(password), ...(connect !== undefined && { connect }) },
});

describe("what is recorded, for ever, of how somebody gets in", () => {
  it("is the user and the command, and nothing where there is no credential", () => {
    assert.deepEqual(wayOf(granted("bg_7k3m2q", "psql user=bg_7k3m2q")), {
      user: "bg_7k3m2q",
      connect: "psql user=bg_7k3m2q",
    });
    assert.deepEqual(wayOf(granted("bg_7k3m2q")), { user: "bg_7k3m2q" });
    assert.equal(wayOf({ handle: { name: "bg_7k3m2q" } }), undefined);
  });

  it("leaves out what a program says too much, or too long for a message", () => {
    assert.deepEqual(wayOf(granted("me", "tool --password=canary")), { user: "me" });
    assert.equal(wayOf(granted("me:canary", "tool")), undefined);
    const secret = "c@n/ry+1=é";
    for (const encoded of [encodeURIComponent(secret), encodeURIComponent(secret).toLowerCase(), encodeURI(secret)])
      assert.deepEqual(
        wayOf(granted("me", `psql postgres://me:${encoded}@db/orders`, secret)),
        { user: "me" },
        encoded,
      );
    assert.deepEqual(wayOf(granted("me", "a 100%-safe %2 line%20", secret)), {
      user: "me",
      connect: "a 100%-safe %2 line%20",
    });
    assert.deepEqual(wayOf(granted("me", "x".repeat(1_001))), { user: "me" });
    assert.equal(wayOf(granted("x".repeat(201))), undefined);
  });
});
