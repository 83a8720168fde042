import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { sealedKind } from "../../src/app/sealed-kind.ts";
import { kindsWith } from "../../src/app/kinds.ts";
import { putAccount, rotateAccount } from "../../src/cli/vault.ts";
import { verifyVault } from "../../src/cli/vault-verify.ts";
import { CodedError, type Code } from "../../src/errors.ts";
import { SealedAccounts } from "../../src/vault/sealed-accounts.ts";
import { failsWith, patience } from "../providers/contract.ts";
import { plainIo } from "../support/plain-io.ts";
import { vaultOf } from "../support/vault.ts";

const KEY = Buffer.alloc(32, 7);
const CLEAR = { user: "root@acme.test", password: "canary-password", connect: "ssh root@fw1" };
const AT = Date.UTC(2026, 10, 26, 1, 2, 3);
const PUT = { how: "put", who: "carol", at: AT } as const;
const coded = (code: Code) => (error: unknown) => error instanceof CodedError && error.code === code;

describe("sealed accounts", () => {
  let dir: string;
  let accounts: SealedAccounts;
  beforeEach(async () => {
    dir = join(await mkdtemp(join(tmpdir(), "bg-accounts-")), "vault");
    accounts = new SealedAccounts(dir, vaultOf(KEY), randomBytes);
  });
  afterEach(() => rm(join(dir, ".."), { recursive: true, force: true }));

  const inTheVault = async () => (await readdir(dir)).sort();

  it("are opened as they were sealed, for their owner's eyes only, and the newest alone is kept", async () => {
    const first = await accounts.seal("aws-root", CLEAR, PUT);
    assert.deepEqual([first.generation, first.user, first.at], [1, CLEAR.user, "2026-11-26T01:02:03.000Z"]);
    assert.equal((await stat(dir)).mode & 0o777, 0o700);
    assert.equal((await stat(accounts.pathOf(first))).mode & 0o777, 0o600);
    assert.doesNotMatch(await readFile(accounts.pathOf(first), "utf8"), /canary|ssh/);
    await accounts.seal("aws-root", { ...CLEAR, password: "canary-2" }, PUT);
    assert.deepEqual(await inTheVault(), ["aws-root.2.json"]);
    const record = await accounts.read("aws-root");
    assert.ok(record);
    assert.deepEqual(await accounts.open(record), { ...CLEAR, password: "canary-2" });
    assert.equal(await accounts.read("nobody"), undefined);
  });

  it("sealed by two at once, one of them is told", async () => {
    const all = await Promise.allSettled(
      [1, 2, 3, 4].map((nth) => accounts.seal("aws-root", { ...CLEAR, password: `canary-${nth}` }, PUT)),
    );
    const told = all.filter((each) => each.status === "rejected");
    const generations = all.flatMap((each) => (each.status === "fulfilled" ? [each.value.generation] : []));
    assert.ok(told.every(({ reason }) => coded("SEAL_CONFLICT")(reason)));
    assert.equal(new Set(generations).size, generations.length);
  });

  it("of which a next one was sealed are not brought back by a rewrap that came late", async () => {
    const old = await accounts.seal("aws-root", CLEAR, PUT);
    await accounts.seal("aws-root", { ...CLEAR, password: "canary-2" }, PUT);
    const rewrapping = new SealedAccounts(dir, vaultOf(Buffer.alloc(32, 8), KEY), randomBytes);
    await rewrapping.rewrap(old);
    assert.deepEqual(await inTheVault(), ["aws-root.2.json"]);
  });

  it("are not sealed where nobody would find them again", async () => {
    await accounts.seal("aws-root", CLEAR, PUT);
    await writeFile(join(dir, "aws-root.999999999.json"), "{}");
    await assert.rejects(accounts.seal("aws-root", CLEAR, PUT), coded("SEAL_BROKEN"));
    assert.deepEqual(await inTheVault(), ["aws-root.1.json", "aws-root.999999999.json"]);
  });

  it("are checked out by one request, whoever asks at once, and given back by that one alone", async () => {
    const record = await accounts.seal("aws-root", CLEAR, PUT);
    const holders = await Promise.all(["BG-000001", "BG-000002"].map((id) => accounts.checkOut(record, id)));
    const [holder = ""] = holders;
    assert.deepEqual(holders, [holder, holder]);
    const other = holder === "BG-000001" ? "BG-000002" : "BG-000001";
    await accounts.putBack(record, other);
    assert.equal(await accounts.holder(record), holder);
    await accounts.putBack(record, holder);
    assert.equal(await accounts.checkOut(record, other), other);
  });

  it("are not opened when a byte was changed, under another name, or as another generation", async () => {
    const one = await accounts.seal("aws-root", CLEAR, PUT);
    const other = await accounts.seal("firewall", CLEAR, PUT);
    for (const wrong of [
      { ...one, sealed: other.sealed },
      { ...one, generation: 2 },
      { ...one, account: "firewall" },
    ])
      await assert.rejects(accounts.open(wrong), coded("SEAL_BROKEN"));
    await writeFile(accounts.pathOf(one), "{}");
    await assert.rejects(accounts.read("aws-root"), coded("SEAL_BROKEN"));
  });

  it("whose file points nowhere, or whose mark is damaged, are told as damaged, and waited for by nobody", async () => {
    const record = await accounts.seal("aws-root", CLEAR, PUT);
    await symlink("/nowhere", join(dir, "aws-root.2.json"));
    await assert.rejects(accounts.read("aws-root"), coded("SEAL_BROKEN"));
    await rm(join(dir, "aws-root.2.json"));
    for (const mark of ["", "{}", "null"]) {
      await writeFile(join(dir, "aws-root.1.out"), mark);
      await assert.rejects(accounts.holder(record), coded("SEAL_BROKEN"));
    }
  });

  describe("as a target", () => {
    const open = () => {
      const kind = sealedKind({ accounts, environment: process.env, now: () => AT });
      return kind.open(kind.parseConnection({ account: "aws-root" }));
    };
    const order = (request: string) => ({ request, person: "alice", role: {}, deadline: AT + 600_000 });

    it("is given to one request at a time, says so in its list, and promises no more than it can", async () => {
      await accounts.seal("aws-root", CLEAR, PUT);
      const target = open();
      assert.equal(target.revocation, "at-rotation");
      const { handle, credential } = await target.grant(order("BG-000001"), patience());
      assert.deepEqual(handle, { request: "BG-000001", name: "bg_000001", ref: "aws-root#1" });
      assert.equal(credential?.password.reveal(), CLEAR.password);
      assert.doesNotMatch(JSON.stringify([handle, credential, target.byHand(handle)]), /canary/);
      assert.deepEqual((await target.grant(order("BG-000001"), patience())).handle, handle);
      await failsWith("SEALED_OUT", () => target.grant(order("BG-000002"), patience()));
      assert.deepEqual(await target.list(patience()), [handle]);
      assert.deepEqual(await target.revoke({ request: "BG-000002", name: "bg_000002" }, patience()), []);
      assert.deepEqual(await target.list(patience()), [handle]);
      assert.deepEqual(await target.revoke({ request: "BG-000001", name: "bg_000001" }, patience()), [
        "check-out ended",
      ]);
      assert.deepEqual(await target.revoke(handle, patience()), []);
      assert.deepEqual(await target.list(patience()), []);
      assert.equal(await target.isRotated?.(handle, patience()), false);
      await accounts.seal("aws-root", { ...CLEAR, password: "canary-2" }, PUT);
      assert.equal(await target.isRotated?.(handle, patience()), true);
    });

    it("gives nothing, and says why, when its key or its file is gone", async () => {
      await accounts.seal("aws-root", CLEAR, PUT);
      const target = open();
      accounts = new SealedAccounts(dir, vaultOf(Buffer.alloc(32, 8)), randomBytes);
      const refused = await failsWith("TARGET_REFUSED", () => open().grant(order("BG-000001"), patience()));
      assert.match(refused.message, /aws-root can't be opened \(SEAL_BROKEN\): .* not among the vault's keys/);
      assert.equal((await open().check(patience())).ok, false);
      await rm(dir, { recursive: true });
      await failsWith("TARGET_UNREACHABLE", () => target.grant(order("BG-000001"), patience()));
      await failsWith("TARGET_TIMEOUT", () => target.list(AbortSignal.abort()));
    });

    it("gives out whatever its command made the new password, and never seals what it can't open", async () => {
      await accounts.seal("firewall", CLEAR, PUT);
      const answer = String.raw`{"password":"canary-2\n"}`;
      const command = ["/bin/sh", "-c", `cat > /dev/null; printf '%s' '${answer}'`];
      const kind = sealedKind({ accounts, environment: process.env, now: () => AT });
      const target = kind.open({ account: "firewall", rotate: { command } });
      const { handle } = await target.grant(order("BG-000001"), patience());
      assert.deepEqual(await target.revoke(handle, patience()), ["rotated by its command (generation 2)"]);
      const { credential } = await target.grant(order("BG-000002"), patience());
      assert.equal(credential?.password.reveal(), "canary-2\n");
    });

    it("is told in the policy's own way when it isn't sealed, or is written wrongly", async () => {
      await accounts.seal("aws-root", CLEAR, PUT);
      const { checks } = kindsWith(accounts, () => AT);
      const problems = (connection: unknown) =>
        checks.checkConnection("vault", connection).map(({ path, message }) => `${path.join(".")}: ${message}`);
      assert.deepEqual(problems({ account: "aws-root" }), []);
      assert.deepEqual(problems({ account: "aws-rot" }), [
        `account: No account aws-rot is sealed under ${dir}. Did you mean aws-root?`,
      ]);
      assert.deepEqual(problems({ account: "firewall" }), [
        `account: No account firewall is sealed under ${dir}. Seal it: breakglass vault put firewall`,
      ]);
      assert.match(problems({ acount: "aws-root" }).join(), /no setting "acount" here. Did you mean account/);
      assert.match(problems({ account: "aws-root", rotate: { command: [] } }).join(), /rotate\.command: At least 1/);
      assert.match(checks.checkRole("vault", { user: "x" })[0]?.message ?? "", /no setting "user"/);
      assert.deepEqual(kindsWith(undefined, () => AT).checks.checkConnection("vault", { account: "firewall" }), []);
    });
  });

  describe("on the command line", () => {
    const env = () => ({ VAULT_DIR: dir, VAULT_KEY_FILE: join(dir, "../vault.key"), DATA_DIR: join(dir, "../data") });
    const says = (text: string) => () => Promise.resolve(text);

    it("are put and rotated, and what can't be right is refused without repeating it", async () => {
      const io = plainIo(env());
      await assert.rejects(putAccount(io, "aws-root", { json: false }, says("x")), /Whose password/);
      await assert.rejects(putAccount(io, "AWS", { json: false, user: "root" }, says("x")), /lower-case/);
      for (const wrong of ["", "canary\u0007", "canary\nsecond", "c".repeat(5_000)])
        await assert.rejects(
          putAccount(io, "aws-root", { json: false, user: "root" }, says(wrong)),
          (error) => coded("BAD_USAGE")(error) && !String(error).includes("canary"),
        );
      await assert.rejects(rotateAccount(io, "aws-root", { json: false }, says("x")), coded("SEALED_UNKNOWN"));
      await putAccount(io, "aws-root", { json: false, user: "root", note: "the main account" }, says("canary-1"));
      await assert.rejects(rotateAccount(io, "aws-root", { json: false }, says("canary-1")), /has already/);
      await rotateAccount(io, "aws-root", { json: true }, says("canary-2"));
      assert.deepEqual(io.results, [
        "aws-root is sealed: root, generation 1",
        JSON.stringify({ account: "aws-root", generation: 2, user: "root", recorded: false }, null, 2),
      ]);
      assert.match(io.talked.join("\n"), /the ledger can't be reached from here; a worker records it/);
      assert.doesNotMatch(io.results.concat(io.talked).join("\n"), /canary/);
    });

    it("are verified: each opens, nobody else may read it, and a lost key is said for what it is", async () => {
      await putAccount(plainIo(env()), "aws-root", { json: false, user: "root" }, says("canary-1"));
      await putAccount(plainIo(env()), "firewall", { json: false, user: "admin" }, says("canary-2"));
      const verified = async () => {
        const io = plainIo(env());
        return { code: await verifyVault(io, { json: false }), lines: io.results };
      };
      const fine = await verified();
      assert.equal(fine.code, 0);
      assert.match(fine.lines.join("\n"), /^ok {3}aws-root: it opens \(file:[0-9a-f]{16}\)\nok {3}firewall/);
      await chmod(join(dir, "firewall.1.json"), 0o644);
      assert.match((await verified()).lines.join("\n"), /FAIL firewall: .*can be read by others \(mode 644\)/);
      await rm(join(dir, "../vault.key"));
      const lost = await verified();
      assert.equal(lost.code, 1);
      assert.match(
        lost.lines.join("\n"),
        /FAIL aws-root: The vault key .* is gone, and aws-root, firewall were sealed under it\. .*Put the file back/,
      );
      await assert.rejects(stat(join(dir, "../vault.key")));
    });
  });
});
