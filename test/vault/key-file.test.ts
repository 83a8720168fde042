import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { CodedError } from "../../src/errors.ts";
import { loadVaultKey } from "../../src/vault/key-file.ts";

describe("the vault key's file", () => {
  let dir: string;
  let path: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-vault-"));
    path = join(dir, "vault.key");
  });
  afterEach(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof CodedError &&
    error.code === "VAULT_KEY_INVALID" &&
    message.test(error.message) &&
    error.next !== "";

  it("is made on first use, readable by its owner alone, and is the same ever after", async () => {
    const key = await loadVaultKey(path, randomBytes);
    assert.equal(key.length, 32);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal(await readFile(path, "utf8"), `${key.toString("hex")}\n`);
    const again = await loadVaultKey(path, () => assert.fail("another key was made"));
    assert.deepEqual(again, key);
  });

  it("is made once when several start together, and none finds it half made", async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => loadVaultKey(path, randomBytes)));
    assert.equal(new Set(keys.map((key) => key.toString("hex"))).size, 1);
    assert.deepEqual(await readdir(dir), ["vault.key"]);
  });

  it("is refused when others can read it", async () => {
    await loadVaultKey(path, randomBytes);
    for (const mode of [0o640, 0o604, 0o666]) {
      await chmod(path, mode);
      await assert.rejects(loadVaultKey(path, randomBytes), refused(/can be read by others/), mode.toString(8));
    }
  });

  it("is refused when it is not 64 hex digits, without showing them", async () => {
    for (const text of ["", "canary", "a".repeat(63), `${"a".repeat(63)}g`, "a".repeat(65)]) {
      await writeFile(path, text, { mode: 0o600 });
      await assert.rejects(
        loadVaultKey(path, randomBytes),
        (error) => refused(/not 64 hex digits/)(error) && !String(error).includes("canary"),
      );
    }
  });

  it("is refused where it can't be made", async () => {
    await assert.rejects(loadVaultKey(join(dir, "missing", "vault.key"), randomBytes), refused(/can't be made/));
  });
});
