import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { CodedError } from "../../src/errors.ts";
import { changeVaultKeys, readVaultKeys } from "../../src/vault/key-file.ts";

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

  const keysOf = (path: string, random = randomBytes, sealed: readonly string[] = []) =>
    readVaultKeys({ path, random, sealed: () => sealed });
  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof CodedError &&
    error.code === "VAULT_KEY_INVALID" &&
    message.test(error.message) &&
    error.next !== "";

  it("is made on first use, readable by its owner alone, and is the same ever after", async () => {
    const [key, ...others] = await keysOf(path);
    assert.match(key?.id ?? "", /^file:[0-9a-f]{16}$/);
    assert.deepEqual(others, []);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.match(await readFile(path, "utf8"), /^[0-9a-f]{64}\n$/);
    const [again] = await keysOf(path, () => assert.fail("another key was made"));
    assert.equal(again?.id, key?.id);
  });

  it("is made once when several start together, and none finds it half made", async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => keysOf(path)));
    assert.equal(new Set(keys.map(([key]) => key?.id)).size, 1);
    assert.deepEqual(await readdir(dir), ["vault.key"]);
  });

  it("is refused when others can read it", async () => {
    await keysOf(path);
    for (const mode of [0o640, 0o604, 0o666]) {
      await chmod(path, mode);
      await assert.rejects(keysOf(path), refused(/can be read by others/), mode.toString(8));
    }
  });

  it("is refused when it is not 64 hex digits, without showing them", async () => {
    for (const text of ["", "canary", "a".repeat(63), `${"a".repeat(63)}g`, "a".repeat(65)]) {
      await writeFile(path, text, { mode: 0o600 });
      await assert.rejects(
        keysOf(path),
        (error) => refused(/neither 64 hex digits nor an age identity/)(error) && !String(error).includes("canary"),
      );
    }
  });

  it("is changed by one at a time: no fresh key is lost to another's", async () => {
    await keysOf(path);
    const all = await Promise.allSettled(
      Array.from({ length: 4 }, () => changeVaultKeys(path, { random: randomBytes })),
    );
    const done = all.filter(({ status }) => status === "fulfilled").length;
    assert.ok(done >= 1);
    for (const each of all)
      assert.ok(each.status === "fulfilled" || refused(/is being changed by somebody else/)(each.reason));
    assert.equal((await keysOf(path)).length, 1 + done);
    assert.deepEqual(await readdir(dir), ["vault.key"]);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await changeVaultKeys(path, "newest alone");
    assert.equal((await keysOf(path)).length, 1);
  });

  it("is refused where it is no file, or a link to nothing", async () => {
    const folder = join(dir, "folder");
    await mkdir(folder, { mode: 0o700 });
    const dangling = join(dir, "dangling");
    await symlink(join(dir, "nowhere", "vault.key"), dangling);
    for (const wrong of [folder, dangling]) await assert.rejects(keysOf(wrong), refused(/can't be read/), wrong);
  });

  it("is refused where it can't be made", async () => {
    await assert.rejects(keysOf(join(dir, "missing", "vault.key")), refused(/can't be made/));
  });
});
