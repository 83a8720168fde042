import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { Redis } from "ioredis";
import { Links, type Purpose } from "../../src/stepup/links.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";

const purpose: Purpose = {
  kind: "reveal",
  caller: { via: "slack", account: "U0ALICE" },
  person: "alice",
  about: "BG-7K3M2Q",
  nonce: "nonce",
};

describe("a one-time link to a credential", () => {
  let redis: TestRedis;
  let connection: Redis;
  let links: Links;

  before(async () => {
    redis = await startTestRedis();
    connection = new Redis(redis.url);
    links = new Links(connection, randomBytes, () => 0);
  });
  after(async () => {
    connection.disconnect();
    await redis.stop();
  });

  it("is the page's that came first, also when nothing was recorded yet, and no other's", async () => {
    const token = (await links.make(purpose)) ?? assert.fail("no link");
    assert.equal(await links.isClaimedBy(token, "first"), false);
    const texts = ["first", "second", "third"];
    const claimed = await Promise.all(texts.map(async (text) => await links.claim(token, text, 1_000)));
    const won = texts.filter((_, index) => claimed[index] === true);
    assert.equal(won.length, 1);
    for (const text of texts) {
      assert.equal(await links.claim(token, text, 1_000), won.includes(text), text);
      assert.equal(await links.isClaimedBy(token, text), won.includes(text), text);
    }
  });

  it("stands in Redis as a hash alone", async () => {
    const token = (await links.make(purpose)) ?? assert.fail("no link");
    await links.claim(token, "a text of a page", 1_000);
    const keys = await connection.keys("*");
    assert.ok(keys.length > 0);
    const values = await Promise.all(keys.map((key) => connection.get(key)));
    assert.doesNotMatch(`${keys.join(" ")} ${values.join(" ")}`, new RegExp(`${token}|a text of a page`));
  });
});
