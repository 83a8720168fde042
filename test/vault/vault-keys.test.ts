import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Decrypter, generateX25519Identity } from "age-encryption";
import { CodedError, type Code } from "../../src/errors.ts";
import { ageKey } from "../../src/vault/age-key.ts";
import { aesKey } from "../../src/vault/aes-key.ts";
import { openText, rewrapText, sealedBy, sealText } from "../../src/vault/envelope.ts";
import { watchVaultKeys } from "../../src/vault/key-file.ts";
import { kmsKey } from "../../src/vault/kms-key.ts";
import { openVault } from "../../src/vault/open-vault.ts";
import { VaultKeys, type WrappingKey } from "../../src/vault/vault-keys.ts";
import { startKms } from "../support/kms.ts";

const PURPOSE = "credential of BG-7K3M2Q";
const coded = (code: Code) => (error: unknown) => error instanceof CodedError && error.code === code;
const vaultOf = (...keys: WrappingKey[]) => new VaultKeys(() => Promise.resolve(keys));
const seal = (keys: VaultKeys) => sealText("canary-secret", PURPOSE, keys, randomBytes);

describe("a vault's keys", () => {
  let kms: Awaited<ReturnType<typeof startKms>>;
  let identity: string;
  const kinds: Record<string, WrappingKey> = {};
  before(async () => {
    kms = await startKms();
    identity = await generateX25519Identity();
    kinds["a file's"] = aesKey(Buffer.alloc(32, 7), randomBytes);
    kinds["an age identity"] = await ageKey(identity);
    kinds["AWS KMS"] = kmsKey(kms.config);
  });
  after(() => {
    kms.stop();
  });

  for (const kind of ["a file's", "an age identity", "AWS KMS"]) {
    const own = () => kinds[kind] ?? assert.fail();

    it(`wrap and unwrap for one purpose alone: ${kind}`, async () => {
      const keys = vaultOf(own());
      const sealed = await seal(keys);
      assert.equal(sealedBy(sealed), own().id);
      assert.doesNotMatch(sealed + own().id, /canary|AGE-SECRET/);
      assert.equal(await openText(sealed, PURPOSE, keys), "canary-secret");
      await assert.rejects(openText(sealed, "credential of BG-000000", keys), coded("SEAL_BROKEN"));
      const { key, ...rest } = JSON.parse(sealed) as { key: string };
      const bytes = Buffer.from(key, "base64");
      for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
        const altered = Buffer.from(bytes);
        altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
        const text = JSON.stringify({ ...rest, key: altered.toString("base64") });
        await assert.rejects(openText(text, PURPOSE, keys), coded("SEAL_BROKEN"));
      }
    });

    it(`take the place of another, which still opens until it is gone: ${kind}`, async () => {
      for (const [name, old] of Object.entries(kinds).filter(([, each]) => each.id !== own().id)) {
        const sealed = await seal(vaultOf(old));
        const both = vaultOf(own(), old);
        assert.equal(await openText(sealed, PURPOSE, both), "canary-secret", name);
        const again = (await rewrapText(sealed, PURPOSE, both)) ?? assert.fail();
        assert.equal(await rewrapText(again, PURPOSE, both), undefined);
        assert.equal(await openText(again, PURPOSE, vaultOf(own())), "canary-secret");
        await assert.rejects(openText(sealed, PURPOSE, vaultOf(own())), /not among the vault's keys/);
      }
    });
  }

  it("are age's own format: other programs unwrap it with the identity", async () => {
    const wrapped = await (kinds["an age identity"] ?? assert.fail()).wrap(Buffer.alloc(32, 3), PURPOSE);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    assert.deepEqual((await decrypter.decrypt(wrapped)).subarray(-32), new Uint8Array(32).fill(3));
  });

  it("in AWS KMS that can't be asked are not called broken, and no error holds what was sent", async () => {
    const keys = vaultOf(kinds["AWS KMS"] ?? assert.fail());
    const sealed = await seal(keys);
    for (const refused of ["AccessDeniedException", "KMSInvalidStateException", "DisabledException"]) {
      kms.fail(refused);
      await assert.rejects(openText(sealed, PURPOSE, keys), coded("VAULT_KEY_UNREACHABLE"));
      await assert.rejects(
        seal(keys),
        (error) => coded("VAULT_KEY_UNREACHABLE")(error) && String(error).includes(refused),
      );
    }
    kms.fail(undefined);
    const wrong = vaultOf(kmsKey({ ...kms.config, secretAccessKey: "wrong" }));
    await assert.rejects(seal(wrong), /InvalidSignatureException/);
    const gone = vaultOf(kmsKey({ ...kms.config, url: "http://127.0.0.1:1/" }));
    await assert.rejects(seal(gone), coded("VAULT_KEY_UNREACHABLE"));
    assert.equal(await openText(sealed, PURPOSE, keys), "canary-secret");
  });

  it("in KMS make no file, and a file beside them only opens", async () => {
    const dir = await mkdtemp(join(tmpdir(), "bg-keys-"));
    const config = { vaultKeyFile: join(dir, "vault.key"), vaultDir: join(dir, "vault"), kms: kms.config };
    const { keys } = openVault(config, randomBytes);
    assert.deepEqual(await keys.names(), [`kms:${kms.config.key}`]);
    await writeFile(config.vaultKeyFile, `${"ab".repeat(32)}\n`, { mode: 0o600 });
    assert.equal((await keys.names()).length, 2);
    assert.match(sealedBy(await seal(keys)) ?? "", /^kms:/);
    await rm(dir, { recursive: true });
  });

  it("in a file are read again when it changed, the newest first, with age-keygen's remarks", async () => {
    const dir = await mkdtemp(join(tmpdir(), "bg-keys-"));
    const path = join(dir, "vault.key");
    const load = watchVaultKeys({ path, random: randomBytes, sealed: () => [] });
    const [first] = await load();
    const text = `# created: 2026-11-26\n# public key: age1…\n${identity}\n\n${"ab".repeat(32)}\n`;
    await writeFile(path, text, { mode: 0o600 });
    await utimes(path, 1, 1);
    const names = (await load()).map(({ id }) => id);
    assert.deepEqual([names.length, names[0]], [2, kinds["an age identity"]?.id]);
    assert.ok(first !== undefined && !names.includes(first.id));
    await writeFile(path, `${text}AGE-SECRET-KEY-1WRONG\n`);
    await assert.rejects(load(), (error) => coded("VAULT_KEY_INVALID")(error) && String(error).includes("Line 6 "));
    await rm(dir, { recursive: true });
  });
});
