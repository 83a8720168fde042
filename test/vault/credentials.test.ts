import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Connection } from "../../src/connection.ts";
import { CodedError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { Credentials } from "../../src/vault/credentials.ts";
import { connectedRedis } from "../support/connected-redis.ts";
import { vaultOf } from "../support/vault.ts";

const ID = "BG-7K3M2Q";
const CLEAR = { user: "bg_7k3m2q", password: new Secret("canary-password"), connect: "psql user=bg_7k3m2q" };

describe("credentials that wait for their requester, on a real Redis", () => {
  let stop: () => Promise<void>;
  let redis: Connection;
  let credentials: Credentials;
  before(async () => {
    ({ redis, stop } = await connectedRedis());
  });
  after(() => stop());
  beforeEach(async () => {
    await redis.flushall();
    credentials = new Credentials(redis, vaultOf(Buffer.alloc(32, 7)), randomBytes);
  });

  const inAnHour = () => Date.now() + 3_600_000;

  it("are opened as they were put, and the newest counts", async () => {
    await credentials.put(ID, 0, CLEAR, inAnHour());
    const opened = await credentials.open(ID, 0);
    assert.equal(opened?.password.reveal(), "canary-password");
    assert.equal(opened.connect, CLEAR.connect);
    await credentials.put(ID, 0, { user: CLEAR.user, password: new Secret("canary-2") }, inAnHour());
    assert.equal((await credentials.open(ID, 0))?.password.reveal(), "canary-2");
    assert.equal(await credentials.open("BG-000000", 0), undefined);
  });

  it("stand in Redis sealed only, and not past the deadline", async () => {
    const deadline = inAnHour();
    await credentials.put(ID, 0, CLEAR, deadline);
    const keys = await redis.keys("*");
    assert.deepEqual(keys, [`{breakglass}:sealed:${ID}`]);
    const [key = ""] = keys;
    assert.doesNotMatch((await redis.get(key)) ?? "", /canary/);
    assert.equal(await redis.pexpiretime(key), deadline);
    await credentials.put(ID, 0, CLEAR, Date.now() - 1);
    assert.equal(await credentials.open(ID, 0), undefined);
  });

  it("are gone when dropped", async () => {
    await credentials.put(ID, 0, CLEAR, inAnHour());
    await credentials.drop(ID, 0);
    await credentials.drop(ID, 0);
    assert.equal(await credentials.open(ID, 0), undefined);
  });

  it("have a number each: one that is dropped late takes no fresh one with it, and the end takes all", async () => {
    await credentials.put(ID, 0, CLEAR, inAnHour());
    await credentials.put(ID, 2, { ...CLEAR, password: new Secret("canary-fresh") }, inAnHour());
    await credentials.drop(ID, 0);
    assert.deepEqual(await Promise.all([0, 1, 2].map((number) => credentials.waits(ID, number))), [false, false, true]);
    assert.equal((await credentials.open(ID, 2))?.password.reveal(), "canary-fresh");
    await redis.rename(`{breakglass}:sealed:${ID}:2`, `{breakglass}:sealed:${ID}:1`);
    await assert.rejects(credentials.open(ID, 1), { code: "SEAL_BROKEN" });
    await credentials.dropAll(ID, 2);
    assert.deepEqual(await redis.keys("*"), []);
  });

  it("are a secret in memory too: what prints one by accident shows nothing of it", async () => {
    await credentials.put(ID, 0, CLEAR, inAnHour());
    const opened = await credentials.open(ID, 0);
    assert.doesNotMatch(`${JSON.stringify(opened)} ${inspect(opened, { depth: 9 })}`, /canary/);
  });

  it("can't be opened as another request's, nor by another key", async () => {
    await credentials.put(ID, 0, CLEAR, inAnHour());
    await redis.rename(`{breakglass}:sealed:${ID}`, "{breakglass}:sealed:BG-000000");
    const isBroken = (error: unknown) => error instanceof CodedError && error.code === "SEAL_BROKEN";
    await assert.rejects(credentials.open("BG-000000", 0), isBroken);
    await credentials.put(ID, 0, CLEAR, inAnHour());
    await assert.rejects(new Credentials(redis, vaultOf(Buffer.alloc(32, 8)), randomBytes).open(ID, 0), isBroken);
  });
});
