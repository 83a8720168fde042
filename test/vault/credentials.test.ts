import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Connection } from "../../src/connection.ts";
import { CodedError } from "../../src/errors.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { Credentials } from "../../src/vault/credentials.ts";
import { vaultOf } from "../support/vault.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";

const ID = "BG-7K3M2Q";
const CLEAR = { user: "bg_7k3m2q", password: "canary-password", connect: "psql user=bg_7k3m2q" };

describe("credentials that wait for their requester, on a real Redis", () => {
  let server: TestRedis;
  let redis: Connection;
  let credentials: Credentials;
  before(async () => {
    server = await startTestRedis();
    redis = connectRedis(server.url, { role: "commands", log: silent });
  });
  after(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await redis.flushall();
    credentials = new Credentials(redis, vaultOf(Buffer.alloc(32, 7)), randomBytes);
  });

  const inAnHour = () => Date.now() + 3_600_000;

  it("are opened as they were put, and the newest counts", async () => {
    await credentials.put(ID, CLEAR, inAnHour());
    assert.deepEqual(await credentials.open(ID), CLEAR);
    const { user, password } = CLEAR;
    await credentials.put(ID, { user, password: `${password}-2`, connect: undefined }, inAnHour());
    assert.equal((await credentials.open(ID))?.password, "canary-password-2");
    assert.equal(await credentials.open("BG-000000"), undefined);
  });

  it("stand in Redis sealed only, and not past the deadline", async () => {
    const deadline = inAnHour();
    await credentials.put(ID, CLEAR, deadline);
    const keys = await redis.keys("*");
    assert.deepEqual(keys, [`{breakglass}:sealed:${ID}`]);
    const [key = ""] = keys;
    assert.doesNotMatch((await redis.get(key)) ?? "", /canary/);
    assert.equal(await redis.pexpiretime(key), deadline);
    await credentials.put(ID, CLEAR, Date.now() - 1);
    assert.equal(await credentials.open(ID), undefined);
  });

  it("are gone when dropped", async () => {
    await credentials.put(ID, CLEAR, inAnHour());
    await credentials.drop(ID);
    await credentials.drop(ID);
    assert.equal(await credentials.open(ID), undefined);
  });

  it("can't be opened as another request's, nor by another key", async () => {
    await credentials.put(ID, CLEAR, inAnHour());
    await redis.rename(`{breakglass}:sealed:${ID}`, "{breakglass}:sealed:BG-000000");
    const isBroken = (error: unknown) => error instanceof CodedError && error.code === "SEAL_BROKEN";
    await assert.rejects(credentials.open("BG-000000"), isBroken);
    await credentials.put(ID, CLEAR, inAnHour());
    await assert.rejects(new Credentials(redis, vaultOf(Buffer.alloc(32, 8)), randomBytes).open(ID), isBroken);
  });
});
