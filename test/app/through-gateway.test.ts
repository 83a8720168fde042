import assert from "node:assert/strict";
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { createThroughGateway } from "../../src/app/through-gateway.ts";
import type { Connection } from "../../src/connection.ts";
import type { Policy } from "../../src/domain/policy/schema.ts";
import { CodedError } from "../../src/errors.ts";
import { readVerifier } from "../../src/gateway/scram.ts";
import { Secret } from "../../src/secret.ts";
import { Credentials } from "../../src/vault/credentials.ts";
import { GatewayCredentials } from "../../src/vault/gateway-credentials.ts";
import { policyWith } from "../support/scene.ts";
import { connectedRedis } from "../support/connected-redis.ts";
import { vaultOf } from "../support/vault.ts";

const ID = "BG-7K3M2Q";
const KEYS = vaultOf(Buffer.alloc(32, 7));
const SERVER = { host: "10.0.0.9", port: 5432, database: "orders", sslmode: "verify-full", connections: 5 } as const;
const GRANTED = {
  handle: { request: ID, name: "bg_7k3m2q" },
  credential: { user: "bg_7k3m2q", password: new Secret("canary-target"), connect: "psql host=10.0.0.9" },
  server: SERVER,
};

describe("what a requester is given of a target behind the session gateway, on a real Redis", () => {
  let stop: () => Promise<void>;
  let redis: Connection;
  let credentials: GatewayCredentials;
  before(async () => {
    ({ redis, stop } = await connectedRedis());
  });
  after(() => stop());
  beforeEach(async () => {
    await redis.flushall();
    credentials = new GatewayCredentials(redis, KEYS, randomBytes);
  });

  const policy = (isBehind: boolean): Policy => {
    const made = policyWith("{ approvers: [leads] }");
    const target = made.targets["orders-db"];
    assert.ok(target);
    if (isBehind) Object.assign(target, { gateway: {} });
    return made;
  };
  const given = async (isBehind: boolean, granted: object = {}, hasAddress = true) =>
    await createThroughGateway({
      policy: () => policy(isBehind),
      credentials,
      address: () => (hasAddress ? { host: "db.acme.test", port: 6432, sslmode: "require" } : undefined),
      random: randomBytes,
    })({ ...GRANTED, ...granted }, { id: ID, target: "orders-db" }, Date.now() + 60_000);

  it("is a password that opens the gateway alone, and the line to the gateway", async () => {
    const { credential, handle } = await given(true);
    assert.deepEqual(handle, GRANTED.handle);
    assert.equal(credential?.user, "bg_7k3m2q");
    assert.equal(credential.connect, 'psql "host=db.acme.test port=6432 dbname=orders user=bg_7k3m2q sslmode=require"');
    const password = credential.password.reveal();
    assert.notEqual(password, "canary-target");
    assert.ok(password.length >= 32);

    const opened = await credentials.open(ID);
    assert.equal(opened?.password.reveal(), "canary-target");
    assert.deepEqual(opened.server, SERVER);
    const { salt, iterations, storedKey } = readVerifier(opened.verifier);
    const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
    const clientKey = createHmac("sha256", salted).update("Client Key").digest();
    assert.deepEqual(createHash("sha256").update(clientKey).digest(), storedKey);
  });

  it("is what the target made, where the policy has no gateway before it", async () => {
    assert.equal((await given(false)).credential?.password.reveal(), "canary-target");
    assert.deepEqual(await redis.keys("*"), []);
  });

  it("is nothing where the gateway can't be: the target's own password is not given away instead", async () => {
    const refused = (error: unknown) => error instanceof CodedError && error.code === "INTERNAL";
    await assert.rejects(given(true, { server: undefined }), refused);
    await assert.rejects(given(true, {}, false), refused);
  });

  it("lies sealed for the gateway, until the deadline or the end, and opens for nothing else", async () => {
    const { credential } = await given(true);
    const key = `{breakglass}:gateway:${ID}`;
    const sealed = (await redis.get(key)) ?? "";
    assert.doesNotMatch(sealed, /canary|10\.0\.0\.9|SCRAM/);
    assert.ok(!sealed.includes(credential?.password.reveal() ?? ""));
    assert.ok((await redis.pexpiretime(key)) <= Date.now() + 60_000);
    const requesters = new Credentials(redis, KEYS, randomBytes);
    const broken = (error: unknown) => error instanceof CodedError && error.code === "SEAL_BROKEN";
    // Put where another one lies, it is not taken for that.
    await redis.set(`{breakglass}:gateway:BG-000000`, sealed);
    await assert.rejects(credentials.open("BG-000000"), broken);
    await redis.set(`{breakglass}:sealed:${ID}`, sealed);
    await assert.rejects(requesters.open(ID, 0), broken);
    await requesters.drop(ID, 0);
    assert.ok(await credentials.open(ID));
    await requesters.dropAll(ID, 0);
    assert.equal(await credentials.open(ID), undefined);
  });
});
