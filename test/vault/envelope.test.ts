import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CodedError } from "../../src/errors.ts";
import { vaultOf } from "../support/vault.ts";
import { openText, sealText } from "../../src/vault/envelope.ts";

const KEY = vaultOf(Buffer.alloc(32, 7));
const PURPOSE = "credential of BG-7K3M2Q";
const isBroken = (error: unknown) => error instanceof CodedError && error.code === "SEAL_BROKEN";
const seal = (text: string) => sealText(text, PURPOSE, KEY, randomBytes);

describe("a sealed text", () => {
  it("is opened by its key and purpose, whatever it was", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
        assert.equal(await openText(await seal(text), PURPOSE, KEY), text);
      }),
    );
  });

  it("shows nothing, and is another one each time", async () => {
    const [one, other] = [await seal("canary-password"), await seal("canary-password")];
    assert.ok(!one.includes("canary") && !Buffer.from(one, "base64").includes("canary"));
    assert.notEqual(one, other);
  });

  it("is not opened by another key, nor for another request", async () => {
    const sealed = await seal("secret");
    await assert.rejects(openText(sealed, PURPOSE, vaultOf(Buffer.alloc(32, 8))), isBroken);
    await assert.rejects(openText(sealed, "credential of BG-000000", KEY), isBroken);
  });

  it("is not opened when any byte of it was altered, or it was cut", async () => {
    const sealed = JSON.parse(await seal("secret")) as { v: number; key: string; body: string };
    for (const part of ["key", "body"] as const) {
      const bytes = Buffer.from(sealed[part], "base64");
      for (let index = 0; index < bytes.length; index++) {
        const altered = Buffer.from(bytes);
        altered.writeUInt8(altered.readUInt8(index) ^ 1, index);
        const text = JSON.stringify({ ...sealed, [part]: altered.toString("base64") });
        await assert.rejects(openText(text, PURPOSE, KEY), isBroken, `${part} ${index}`);
      }
      for (const length of [0, 4, 12, 16, 27, bytes.length - 1]) {
        const text = JSON.stringify({ ...sealed, [part]: bytes.subarray(0, length).toString("base64") });
        await assert.rejects(openText(text, PURPOSE, KEY), isBroken, `${part} cut to ${length}`);
      }
    }
    for (const text of ["", "{}", "null", JSON.stringify({ ...sealed, v: 2 }), JSON.stringify({ ...sealed, x: 1 })]) {
      await assert.rejects(openText(text, PURPOSE, KEY), isBroken, text);
    }
  });

  it("can't be made of two others", async () => {
    const [one, other] = [await seal("one"), await seal("other")].map(
      (text) => JSON.parse(text) as { key: string; body: string },
    );
    await assert.rejects(openText(JSON.stringify({ v: 1, key: one?.key, body: other?.body }), PURPOSE, KEY), isBroken);
  });

  it("is broken without its content in the error", async () => {
    try {
      await openText(await seal("canary-password"), "another", KEY);
      assert.fail();
    } catch (error) {
      assert.doesNotMatch(JSON.stringify(error) + String(error), /canary/);
    }
  });
});
