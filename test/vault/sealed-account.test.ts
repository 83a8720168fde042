import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { listAccounts, putAccount, rotateAccount } from "../../src/cli/vault.ts";
import { ALICE, APPROVALS, BOB, CAROL, DAVE, INC_42, SECURITY } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
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
        requesters: [sre]
        approval: { quorum: 1, approvers: [leads, dba] }
        duration: { default: 15m, max: 30m }
`;

describe("a sealed account, from its secret to its rotation, on a real Redis", () => {
  let dir: string;
  let redis: TestRedis;
  let stage: Stage;
  let env: NodeJS.ProcessEnv;

  const put = (name: string, secret: string, options: { user?: string; connect?: string } = {}) =>
    putAccount(plainIo(env), name, { json: false, ...options }, () => Promise.resolve(secret));
  const rotate = (name: string, secret: string) =>
    rotateAccount(plainIo(env), name, { json: false }, () => Promise.resolve(secret));
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
    });
  });
  after(async () => {
    await stage.stop();
    await redis.stop();
    await rm(dir, { recursive: true, force: true });
  });

  /** Asks, has it approved, and waits for the password. */
  async function checkOut(user: string, what: string, approver = CAROL): Promise<{ id: string; shown: string }> {
    const id = await ask(stage, user, `${what} INC-42 locked out`);
    await click(stage, approver, await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INC_42, id, /^Checked out: /);
    const shown = stage.readable(await stage.direct(user, new RegExp(`${id}[\\s\\S]*Password:`)));
    await stage.line(INC_42, id, /got the credential/);
    return { id, shown };
  }

  it("is handed to one person at a time, is burnt afterwards, and can be had again once it was rotated", async () => {
    const { id, shown } = await checkOut(ALICE, "aws root");
    assert.match(shown, /root@acme\.test[\s\S]*canary-first-secret/);
    assert.equal(await standing("aws-root"), "out");

    const second = await type(stage, BOB, "aws root INC-42 me too");
    assert.match(second.text, new RegExp(`Alice Ng has aws checked out until \\d\\d:\\d\\d UTC \\(${id}\\)`));

    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^🔴 Checked in, and burnt: Alice Ng still knows the password until people rotate it/);
    assert.equal(await standing("aws-root"), "burnt");
    const burnt = await type(stage, BOB, "aws root INC-42 now me");
    assert.match(burnt.text, /aws is burnt: Alice Ng was handed its password .*breakglass vault rotate/s);
    await stage.message(SECURITY, /aws-root is burnt: Alice Ng .*breakglass vault rotate aws-root/s);

    await rotate("aws-root", SECOND);
    assert.equal(await standing("aws-root"), "free");
    await stage.message(SECURITY, /sealed a new secret of aws-root \(generation 2\)/);
    const again = await checkOut(BOB, "aws root");
    assert.match(again.shown, /canary-second-secret/);
    await type(stage, BOB, `end ${again.id}`);
    await stage.line(INC_42, again.id, /burnt/);
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
    await stage.line(INC_42, id, /^Rotated: fw has another password, which is sealed; rotated by its command \(generation 2\), /);
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
});
