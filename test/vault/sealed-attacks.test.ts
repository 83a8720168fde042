import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Redis } from "ioredis";
import { exportSealed } from "../../src/cli/export-sealed.ts";
import { mergeOffline } from "../../src/cli/offline-merge.ts";
import { listAccounts, putAccount, rotateAccount } from "../../src/cli/vault.ts";
import { readConfig } from "../../src/config.ts";
import { silent } from "../../src/log.ts";
import { start } from "../../src/main.ts";
import { writeOpening } from "../../src/vault/offline/journal.ts";
import { joinShares, manifestSchema } from "../../src/vault/offline/sealed-export.ts";
import { readShares } from "../../src/vault/offline/share-text.ts";
import { ACME, ALICE, APPROVALS, BOB, CAROL, DAVE, INC_42, SECURITY } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { openCredential } from "../support/credential.ts";
import { whereHidden } from "../support/hidden.ts";
import { logKept } from "../support/kept-log.ts";
import { plainIo } from "../support/plain-io.ts";
import { redisContents } from "../support/redis-contents.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

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

describe("a sealed account, and who would have more of it than they were given", () => {
  let dir: string;
  let redis: TestRedis;
  let stage: Stage;
  let env: NodeJS.ProcessEnv;
  let connection: Redis;
  const kept = logKept();

  const says = (secret: string) => () => Promise.resolve(secret);
  const put = (name: string, secret: string) =>
    putAccount(plainIo(env), name, { json: false, user: "admin" }, says(secret));
  const rotate = (name: string, secret: string) => rotateAccount(plainIo(env), name, { json: false }, says(secret));
  const standing = async (name: string) => {
    const io = plainIo(env);
    await listAccounts(io, { json: true });
    const listed = JSON.parse(io.results.join("\n")) as Record<string, string>[];
    return listed.find(({ account }) => account === name)?.["standing"];
  };

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-sealed-"));
    redis = await startTestRedis();
    connection = new Redis(redis.url);
    env = { VAULT_DIR: join(dir, "vault"), VAULT_KEY_FILE: join(dir, "vault.key"), REDIS_URL: redis.url };
    await put("aws-root", "canary-one");
    await put("firewall", "canary-firewall");
    stage = await openStage({
      targets: [
        `  aws:${role("AWS, the root user", "{ account: aws-root }")}`,
        `  fw:${role("Firewall", `{ account: firewall, rotate: { command: [/bin/sh, ${ROTATE}, ${dir}] } }`)}`,
      ].join("\n"),
      env: { VAULT_DIR: join(dir, "vault"), VAULT_KEY_FILE: join(dir, "vault.key") },
      redis,
      slack: UNHURRIED,
      log: kept.log,
    });
  });
  after(async () => {
    connection.disconnect();
    await stage.stop();
    await redis.stop();
    await rm(dir, { recursive: true, force: true });
  });

  async function approved(user: string, what: string, approver: string): Promise<string> {
    const id = await ask(stage, user, `${what} INC-42 locked out`);
    await click(stage, approver, await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INC_42, id, /^Checked out: /);
    return id;
  }

  it("a secret that came in while somebody had the account is burnt once they were shown it", async () => {
    const id = await approved(ALICE, "aws root", CAROL);
    await rotate("aws-root", "canary-two");
    // What Redis lost is made anew at the click, from what is sealed now.
    await connection.del(`{breakglass}:sealed:${id}`);
    const message = await stage.direct(ALICE, new RegExp(`${id} · access is on[\\s\\S]*shown once`));
    await click(stage, ALICE, message, { text: "Open credential" });
    await stage.line(INC_42, id, /fresh credential waits/);
    const { password } = await openCredential(stage, ALICE, id);
    assert.equal(password, "canary-two");
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /burnt/);
    assert.equal(await standing("aws-root"), "burnt");
    assert.match((await type(stage, DAVE, "aws root INC-42 now me")).text, /aws is burnt: Alice Ng/);
    await rotate("aws-root", "canary-three");
  });

  it("does not become free by being put with the password that somebody knows", async () => {
    await put("aws-root", "canary-three");
    const id = await approved(ALICE, "aws root", CAROL);
    await openCredential(stage, ALICE, id);
    await assert.rejects(put("aws-root", "canary-three"), /somebody knows it/);
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /burnt/);
    await assert.rejects(put("aws-root", "canary-three"), /somebody knows it/);
    assert.equal(await standing("aws-root"), "burnt");
    await put("aws-root", "canary-other");
    assert.equal(await standing("aws-root"), "free");
  });

  it("is told to be burnt while the file of another account is damaged", async () => {
    const damaged = join(dir, "vault", "aaa.1.json");
    await writeFile(damaged, "{");
    const id = await approved(BOB, "aws root", CAROL);
    await openCredential(stage, BOB, id);
    await type(stage, BOB, `end ${id}`);
    await stage.message(SECURITY, /aws-root is burnt: Bob/);
    await rm(damaged);
    await rotate("aws-root", "canary-four");
  });

  it("is not burnt by an opening of what was never exported, whoever signed it", async () => {
    const out = join(dir, "export");
    await exportSealed(plainIo(env), { shares: 2, threshold: 2, out, json: false });
    const manifest = manifestSchema.parse(JSON.parse(await readFile(join(out, "export.json"), "utf8")));
    const sheets = [1, 2].map((number) => readFile(join(out, `share-${number}-of-2.txt`), "utf8"));
    const { key } = await joinShares(manifest, readShares((await Promise.all(sheets)).join("\n")));
    const opening = { at: new Date().toISOString(), export: manifest.export, account: "aws-root", shares: [1, 2] };
    const journal = join(out, "journal.jsonl");
    await writeOpening(journal, { ...opening, generation: 999, who: "Mallory", why: "burn it" }, key);
    const merge = mergeOffline(plainIo(env), journal, { json: false });
    await assert.rejects(merge, /Line 1 of .* is not believed: aws-root, generation 999, is not in its export/);
    assert.equal(await standing("aws-root"), "free");
  });

  it("is rotated by one of two workers that come to its end at once, and what is sealed is what the target has", async () => {
    const other = {
      SLACK_BOT_TOKEN: ACME.botToken,
      SLACK_SIGNING_SECRET: ACME.signingSecret,
      SLACK_API_URL: stage.slack.apiUrl,
      ...env,
      DATA_DIR: join(dir, "other"),
      POLICY_FILE: join(stage.dir, "policy.yaml"),
      PORT: "0",
      ROLE: "worker",
    } as NodeJS.ProcessEnv;
    const second = await start(readConfig(other), other, { log: silent });
    try {
      await writeFile(join(dir, "slow"), "");
      const id = await approved(BOB, "fw root", DAVE);
      await openCredential(stage, BOB, id);
      await type(stage, BOB, `end ${id}`);
      await stage.line(INC_42, id, /^Rotated: /);
      await until(async () => ((await standing("firewall")) === "free" ? true : undefined), "the new secret");
      const asked = (await readFile(join(dir, "asked"), "utf8")).trim().split("\n");
      assert.equal(asked.length, 1, asked.join("\n"));
    } finally {
      await rm(join(dir, "slow"));
      await second.stop();
    }
  });

  it("a rotate command that says too much when it fails gives nothing away", async () => {
    const id = await approved(BOB, "fw root", DAVE);
    const { password } = await openCredential(stage, BOB, id);
    await writeFile(join(dir, "noisy"), "");
    await type(stage, BOB, `end ${id}`);
    const line = await stage.line(INC_42, id, /^🔴 Could not end it \(TARGET_REFUSED\): /);
    const places = { line, redis: await redisContents(redis.url), log: kept.lines().join("\n") };
    assert.deepEqual(whereHidden(password, places), []);
    await rm(join(dir, "noisy"));
    await stage.line(INC_42, id, /^Rotated: /);
  });
});
