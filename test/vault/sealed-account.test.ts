import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Io } from "../../src/cli/io.ts";
import { rewrapVault } from "../../src/cli/vault-rewrap.ts";
import { verifyVault } from "../../src/cli/vault-verify.ts";
import type { Connection } from "../../src/connection.ts";
import { readConfig } from "../../src/config.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { Credentials } from "../../src/vault/credentials.ts";
import { openVault } from "../../src/vault/open-vault.ts";
import { listAccounts, putAccount, rotateAccount } from "../../src/cli/vault.ts";
import { exportSealed } from "../../src/cli/export-sealed.ts";
import { mergeOffline } from "../../src/cli/offline-merge.ts";
import { openOffline } from "../../src/cli/offline-open.ts";
import { readJournal, writeOpening } from "../../src/vault/offline/journal.ts";
import { joinShares, makeExport } from "../../src/vault/offline/sealed-export.ts";
import { ALICE, APPROVALS, BOB, CAROL, DAVE, INC_42, SECURITY } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { whereHidden, type Places } from "../support/hidden.ts";
import { logKept } from "../support/kept-log.ts";
import { redisContents } from "../support/redis-contents.ts";
import { openCredential } from "../support/credential.ts";
import { plainIo } from "../support/plain-io.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const FIRST = "canary-first-secret";
const SECOND = "canary-second-secret";
const ROTATE = join(import.meta.dirname, "../support/rotate.sh");

const role = (title: string, connection: string) => `
    title: ${title}
    provider: vault
    connection: ${connection}
    roles:
      root:
        grant: {}
        requesters: [sre, dba]
        approval: { quorum: 1, approvers: [leads, dba] }
        duration: { default: 15m, max: 30m }
`;

describe("a sealed account, from its secret to its rotation, on a real Redis", () => {
  let dir: string;
  let redis: TestRedis;
  let stage: Stage;
  let connection: Connection | undefined;
  const kept = logKept();
  /** What the command line said. */
  const told: string[] = [];
  let env: NodeJS.ProcessEnv;

  const heard = async (use: (io: Io) => Promise<unknown>) => {
    const io = plainIo(env);
    await use(io);
    told.push(...io.results, ...io.talked);
  };
  const put = (name: string, secret: string, options: { user?: string; connect?: string } = {}) =>
    heard((io) => putAccount(io, name, { json: false, ...options }, () => Promise.resolve(secret)));
  const rotate = (name: string, secret: string) =>
    heard((io) => rotateAccount(io, name, { json: false }, () => Promise.resolve(secret)));
  const listed = async (): Promise<Record<string, string>[]> => {
    const io = plainIo(env);
    await listAccounts(io, { json: true });
    return JSON.parse(io.results.join("\n")) as Record<string, string>[];
  };
  const standing = async (name: string) => (await listed()).find(({ account }) => account === name)?.["standing"];

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-sealed-"));
    redis = await startTestRedis();
    env = { VAULT_DIR: join(dir, "vault"), VAULT_KEY_FILE: join(dir, "vault.key"), REDIS_URL: redis.url };
    await put("aws-root", FIRST, { user: "root@acme.test", connect: "aws configure" });
    await put("firewall", "canary-firewall", { user: "admin" });
    await put("recover", "canary-recover", { user: "admin" });
    stage = await openStage({
      targets: [
        `  aws:${role("AWS, the root user", "{ account: aws-root }")}`,
        `  fw:${role("Firewall", `{ account: firewall, rotate: { command: [/bin/sh, ${ROTATE}, ${dir}] } }`)}`,
        `  spare:${role("Spare", "{ account: recover }")}`,
      ].join("\n"),
      env: { VAULT_DIR: join(dir, "vault"), VAULT_KEY_FILE: join(dir, "vault.key") },
      redis,
      slack: UNHURRIED,
      log: kept.log,
    });
  });
  after(async () => {
    connection?.disconnect();
    await stage.stop();
    await redis.stop();
    await rm(dir, { recursive: true, force: true });
  });

  /** Asks, and has it approved. */
  async function approved(user: string, what: string, approver = CAROL): Promise<string> {
    const id = await ask(stage, user, `${what} INC-42 locked out`);
    await click(stage, approver, await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INC_42, id, /^Checked out: /);
    return id;
  }

  /** The same, and opens the password. */
  async function checkOut(user: string, what: string, approver = CAROL): Promise<{ id: string; shown: string }> {
    const id = await approved(user, what, approver);
    const { user: name, password } = await openCredential(stage, user, id);
    await stage.line(INC_42, id, /opened the credential/);
    return { id, shown: `${name} ${password}` };
  }

  it("is put back and not burnt when nobody was shown its password", async () => {
    const id = await ask(stage, BOB, "spare root INC-42 never opened");
    await click(stage, CAROL, await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INC_42, id, /^Checked out: /);
    await type(stage, BOB, `end ${id}`);
    await stage.line(INC_42, id, /^Put back, and its password was shown to nobody: spare can be checked out again/);
    assert.equal(await standing("recover"), "free");
  });

  it("is handed to one person at a time, is burnt afterwards, and can be had again once it was rotated", async () => {
    const waiting = await ask(stage, BOB, "aws root INC-42 asked while it was free");
    const { id, shown } = await checkOut(ALICE, "aws root");
    assert.match(shown, /root@acme\.test[\s\S]*canary-first-secret/);
    assert.equal(await standing("aws-root"), "out");
    const message = await stage.direct(ALICE, new RegExp(`${id} · [^]*You opened the password`));
    assert.doesNotMatch(stage.readable(message), /Rotate/);
    const fresh = await type(stage, ALICE, `rotate ${id}`);
    assert.match(fresh.text, /is the same for everybody, and was shown\. Only when your time is over is it rotated/);
    assert.match((await type(stage, ALICE, `open ${id}`)).text, /is shown once\. Lost it\? End it/);

    const second = await type(stage, DAVE, "aws root INC-42 me too");
    assert.match(second.text, new RegExp(`Alice Ng has aws checked out until \\d\\d:\\d\\d UTC \\(${id}\\)`));

    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^🔴 Checked in, and burnt: Alice Ng still knows the password until people rotate it/);
    assert.equal(await standing("aws-root"), "burnt");
    const burnt = await type(stage, DAVE, "aws root INC-42 now me");
    assert.match(burnt.text, /aws is burnt: Alice Ng was handed its password .*breakglass vault rotate/s);
    await stage.message(SECURITY, /aws-root is burnt: Alice Ng .*breakglass vault rotate aws-root/s);

    await click(stage, CAROL, await stage.message(APPROVALS, new RegExp(waiting)), { text: "Approve" });
    await stage.line(INC_42, waiting, /did not give the access \(SEALED_BURNT\): aws-root is burnt: alice knows/);
    await stage.line(INC_42, waiting, /^Nothing is left there/);

    await rotate("aws-root", SECOND);
    assert.equal(await standing("aws-root"), "free");
    await stage.message(SECURITY, /sealed a new secret of aws-root \(generation 2\)/);
    const again = await checkOut(BOB, "aws root");
    assert.match(again.shown, /canary-second-secret/);
    await type(stage, BOB, `end ${again.id}`);
    await stage.line(INC_42, again.id, /burnt/);
  });

  it("is had by one of two whose requests are approved at once, and the other is told who has it", async () => {
    await rotate("aws-root", SECOND + "-again");
    const ids = [await ask(stage, ALICE, "aws root INC-42 one"), await ask(stage, BOB, "aws root INC-42 other")];
    const cards = await Promise.all(ids.map((id) => stage.message(APPROVALS, new RegExp(id))));
    await Promise.all(cards.map((card) => click(stage, CAROL, card, { text: "Approve" })));
    const lines = await Promise.all(ids.map((id) => stage.line(INC_42, id, /^Checked out: |did not give the access/)));
    const winner = lines.findIndex((line) => line.startsWith("Checked out"));
    const [has, hasNot] = winner === 0 ? ["alice", 1] : ["bob", 0];
    assert.match(
      lines[hasNot] ?? "",
      new RegExp(`^🔴 aws did not give the access \\(SEALED_OUT\\): aws-root is checked out by ${has} until`),
    );
    await stage.line(INC_42, ids[hasNot] ?? "", /^Nothing is left there/);
    await type(stage, winner === 0 ? ALICE : BOB, `end ${ids[winner] ?? ""}`);
    await stage.line(INC_42, ids[winner] ?? "", /^Put back, /);
    await rotate("aws-root", SECOND);
  });

  it("the drill: everything is down, three of five open it, and the service hears of it once when it is back", async () => {
    const out = join(dir, "export");
    await heard((io) => exportSealed(io, { shares: 5, threshold: 3, out, json: false }));
    await stage.message(SECURITY, /exported aws-root, firewall and recover .*: any 3 of 5 shares open it/);
    await stage.bot.stop();
    await redis.kill("SIGTERM");

    const io = plainIo({ PATH: "" });
    const share = [1, 3, 4].map((number) => join(out, `share-${number}-of-5.txt`));
    const drill = { account: "recover", share, who: "Carol Diaz", why: "drill of the 26th" };
    await openOffline(io, out, drill, { ask: undefined, piped: () => assert.fail("nothing is missing") });
    assert.deepEqual(io.results, ["user: admin", "password: canary-recover"]);

    await redis.restart();
    await stage.startAgain();
    const journal = join(out, "offline-ledger.jsonl");
    const merge = async () => {
      const merged = plainIo(env);
      await mergeOffline(merged, journal, { json: true });
      return JSON.parse(merged.results.join("\n")) as { merged: { account: string }[]; known: number };
    };
    assert.deepEqual([(await merge()).merged[0]?.account, (await merge()).known], ["recover", 1]);
    const told =
      /account recover was opened offline .* shares 1, 3 and 4, by Carol Diaz: "drill of the 26th"\. It is burnt/;
    await stage.message(SECURITY, told);
    assert.equal(await standing("recover"), "burnt");
    assert.match((await type(stage, BOB, "spare root INC-42")).text, /^spare is burnt: it was opened offline/);
    const { workspace } = stage.slack;
    assert.equal(workspace.messages(SECURITY).filter((each) => told.test(stage.readable(each))).length, 1);

    const other = join(dir, "other");
    await mkdir(other);
    const forged = await makeExport([], { shares: 2, threshold: 2, at: Date.now(), random: randomBytes });
    const [opening] = await readJournal(journal, "must be there");
    assert.ok(opening);
    const opener = await joinShares(forged.manifest, forged.shares);
    await writeOpening(join(other, "journal.jsonl"), { ...opening, account: "firewall" }, opener.key);
    await assert.rejects(
      mergeOffline(plainIo(env), join(other, "journal.jsonl"), { json: false }),
      /not believed: its signature is not that of its export/,
    );
    await rotate("recover", "canary-recover-1");
  });

  it("stays burnt over a restart and a Redis that lost everything", async () => {
    const { id } = await checkOut(ALICE, "spare root");
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /burnt/);
    await stage.bot.stop();
    await stage.startAgain();
    assert.match((await type(stage, BOB, "spare root INC-42")).text, /^spare is burnt: Alice Ng/);
    await stage.bot.stop();
    await redis.restart({ empty: true });
    await stage.startAgain();
    assert.equal(await standing("recover"), "burnt");
    assert.match((await type(stage, BOB, "spare root INC-42")).text, /^spare is burnt: Alice Ng/);
  });

  it("is not given out from an old copy of its file", async () => {
    const vault = join(dir, "vault");
    const [old = ""] = (await readdir(vault)).filter((name) => /^recover\.\d+\.json$/.test(name));
    const copy = await readFile(join(vault, old));
    await rotate("recover", "canary-recover-new");
    const [fresh = ""] = (await readdir(vault)).filter((name) => /^recover\.\d+\.json$/.test(name));
    const kept = await readFile(join(vault, fresh));
    await writeFile(join(vault, old), copy, { mode: 0o600 });
    await rm(join(vault, fresh));
    const id = await ask(stage, BOB, "spare root INC-42 from a backup");
    await click(stage, CAROL, await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INC_42, id, /\(SEALED_BURNT\): What is sealed of recover here is an old copy/);
    await writeFile(join(vault, fresh), kept, { mode: 0o600 });
    await rm(join(vault, old));
    await stage.line(INC_42, id, /^Nothing is left there/);
  });

  it("is rotated by its command, where the policy has one, and tried until that is done", async () => {
    const { id, shown } = await checkOut(ALICE, "fw root", DAVE);
    assert.match(shown, /canary-firewall/);
    await writeFile(join(dir, "fail"), "");
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^🔴 Could not end it \(TARGET_REFUSED\): .*the firewall is away/);
    assert.match(
      (await type(stage, BOB, "fw root INC-42")).text,
      /^Alice Ng has fw checked out, and it is being taken back/,
    );
    await rm(join(dir, "fail"));
    await stage.line(
      INC_42,
      id,
      /^Rotated: fw has another password, which is sealed; rotated by its command \(generation 2\), /,
    );
    const asked = (await readFile(join(dir, "asked"), "utf8")).trim().split("\n");
    assert.deepEqual(JSON.parse(asked.at(-1) ?? ""), {
      action: "rotate",
      account: "firewall",
      generation: 1,
      request: id,
      user: "admin",
      password: "canary-firewall",
    });
    await until(async () => ((await standing("firewall")) === "free" ? true : undefined), "the new secret");
    const now = (await readFile(join(dir, "now"), "utf8")).trim();
    const next = await checkOut(BOB, "fw root");
    assert.ok(next.shown.includes(now));
    await type(stage, BOB, `end ${next.id}`);
    await stage.line(INC_42, next.id, /^Rotated: /);
  });

  it("goes on while the vault's key is changed under it: what waits still opens, and old keys go only when nothing needs them", async () => {
    await rotate("recover", "canary-recover-2");
    const id = await approved(ALICE, "spare root");
    const rewrap = async (options: { newKey?: boolean; forgetOld?: boolean }) => {
      const io = plainIo(env);
      await rewrapVault(io, { newKey: false, forgetOld: false, json: true, ...options });
      return JSON.parse(io.results.join("\n")) as { key: string; rewrapped: string[]; forgotten: string[] };
    };
    const [old] = (await readFile(join(dir, "vault.key"), "utf8")).split("\n");
    const { key, rewrapped } = await rewrap({ newKey: true });
    assert.deepEqual(rewrapped, ["aws-root", "firewall", "recover"]);
    assert.deepEqual((await rewrap({})).rewrapped, []);
    assert.equal(await verifyVault(plainIo(env), { json: false }), 0);

    // What was sealed under the old key waits for Alice, and is shown to her by the bot that ran all the time.
    connection = connectRedis(redis.url, { role: "commands", log: silent });
    const { keys } = openVault(readConfig(env), randomBytes);
    const waiting = new Credentials(connection, keys, randomBytes);
    assert.notEqual(await waiting.sealedBy(id, 0), key);
    assert.equal((await waiting.open(id, 0))?.password.reveal(), "canary-recover-2");
    await assert.rejects(rewrap({ forgetOld: true }), new RegExp(`still needed: .*${id}`));
    assert.equal((await openCredential(stage, ALICE, id)).password, "canary-recover-2");
    await rotate("aws-root", "canary-third-secret");
    const next = await approved(BOB, "aws root");
    assert.equal(await waiting.sealedBy(next, 0), key);
    assert.equal((await openCredential(stage, BOB, next)).password, "canary-third-secret");

    for (const [who, which] of [
      [ALICE, id],
      [BOB, next],
    ] as const) {
      await type(stage, who, `end ${which}`);
      await stage.line(INC_42, which, /burnt/);
    }
    const { forgotten } = await until(() => rewrap({ forgetOld: true }).catch(() => undefined), "the old key's end");
    assert.equal(forgotten.length, 1);
    const left = await readFile(join(dir, "vault.key"), "utf8");
    assert.ok(!left.includes(old ?? "?") && left.trim().split("\n").length === 1);
    await rotate("recover", "canary-recover-3");
    const last = await checkOut(ALICE, "spare root");
    assert.match(last.shown, /canary-recover-3/);
    await type(stage, ALICE, `end ${last.id}`);
    await stage.line(INC_42, last.id, /burnt/);
  });

  it("leaves no clear secret in a file, in Redis, the log or the ledger", async () => {
    // What the target itself keeps, of course, has it.
    const { asked, now, ...ours } = await files(dir);
    assert.ok(asked !== undefined && now !== undefined && Object.keys(ours).some((path) => path.startsWith("vault/")));
    const served = await files(join(stage.dir, "data"));
    assert.ok(served["ledger.jsonl"] !== undefined);
    const log = kept.lines().join("\n");
    const places: Places = { ...ours, ...served, redis: await redisContents(redis.url), log, told: told.join("\n") };
    for (const secret of [FIRST, SECOND, "canary-firewall", "canary-rotated", "canary-recover", "canary-third-secret"])
      assert.deepEqual(whereHidden(secret, places), [], secret);
  });
});

/** Every file under a folder, by its path in it. */
async function files(dir: string): Promise<Record<string, Buffer>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path.slice(dir.length + 1), await readFile(path)] as const)),
  );
}
