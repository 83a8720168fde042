import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { checkRedis } from "../../src/cli/doctor/check-redis.ts";
import { doctor } from "../../src/cli/doctor/doctor.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { KEYS as LEDGER_KEYS } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { startSlack, type Slack } from "../../src/demo/slack/start-slack.ts";
import { silent } from "../../src/log.ts";
import { readConfig } from "../../src/config.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { BOT_SCOPES } from "../../src/slack/scopes.ts";
import { ACME, acmePolicy } from "../support/acme.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { vouch } from "../support/vouch.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";

describe("breakglass doctor", () => {
  let dir = "";
  let redis: TestRedis;
  let slack: Slack;
  let target: CommandTarget;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    redis = await startTestRedis();
    slack = await startSlack({ seed: { ...ACME, scopes: [...BOT_SCOPES] } });
    target = await commandTarget();
  });
  after(async () => {
    await Promise.all([redis.stop(), slack.close(), target.remove(), rm(dir, { recursive: true, force: true })]);
  });
  beforeEach(async () => {
    await rm(dir, { recursive: true, force: true });
    dir = await mkdtemp(join(tmpdir(), "bg-doctor-"));
    await mkdir(join(dir, "data"));
    await policy();
    await mkdir(join(dir, "rules"));
    await copyFile(join(readConfig({}).anomalyRules, "export.yml"), join(dir, "rules", "export.yml"));
    env = {
      DATA_DIR: join(dir, "data"),
      POLICY_FILE: join(dir, "policy.yaml"),
      ANOMALY_RULES: join(dir, "rules"),
      REDIS_URL: redis.url,
      SLACK_BOT_TOKEN: ACME.botToken,
      SLACK_SIGNING_SECRET: ACME.signingSecret,
      SLACK_API_URL: slack.apiUrl,
    };
    for (const [name, key] of Object.entries(KEYS)) await writeFile(join(dir, "data", name), key, { mode: 0o600 });
  });

  const KEYS = {
    "vault.key": "ab".repeat(32),
    "ledger.key": generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
  const policy = async (change: (yaml: string) => string = (yaml) => yaml) => {
    const yaml = acmePolicy(`
  orders-db:
    title: Orders database
    ${target.yaml}
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 15m, max: 30m }
`);
    await writeFile(join(dir, "policy.yaml"), change(yaml));
  };
  const examine = async () => {
    const said: string[] = [];
    const io = { env, result: (line: string) => void said.push(line), talk: () => undefined };
    const code = await doctor(io, { json: false });
    return { code, said, text: said.join("\n") };
  };

  it("says of each thing in a line that it is well, and changes nothing", async () => {
    const { code, said } = await examine();
    assert.deepEqual(
      said.map((line) =>
        line
          .replaceAll(/\d+ ms/g, "N ms")
          .replaceAll(dir, "DIR")
          .replace(/\([0-9a-f]{12}\)/, "(HASH)")
          .replace(/redis: \S+/, "redis: V"),
      ),
      [
        "ok   policy: DIR/policy.yaml (HASH): 1 target, 5 people",
        "ok   redis: V reached; it keeps what it acknowledges (appendonly yes, appendfsync always, noeviction)",
        said[2]?.replaceAll(/\d+ ms/g, "N ms"),
        "ok   mirror: DIR/data/ledger.jsonl is made at the first start",
        "ok   keys: the vault key DIR/data/vault.key: mode 0600",
        "ok   keys: the ledger key DIR/data/ledger.key: mode 0600",
        "ok   anomalies: DIR/rules: 1 rule",
        "ok   slack: the bot token is good: Acme (T0ACME)",
        "ok   slack: it has the 13 scopes it needs, and no other",
        "ok   slack: the channel approvals (C0APPROVALS) is reached, and the bot is in it",
        "ok   slack: the channel incidents (C0INCIDENTS) is reached, and the bot is in it",
        "ok   slack: the channel security (C0SECURITY) is reached, and the bot is in it",
        "ok   slack: the user group of dba (S0DBA) is read: 1 in it",
        "ok   target: orders-db: reached, and its powers suffice; a revoke cuts live access",
      ],
    );
    assert.match(said[2] ?? "", /^ok {3}clock: this machine's clock is \d+ ms (behind|ahead of) that of Redis/);
    assert.equal(code, 0);
    assert.deepEqual(
      (await target.calls()).map(({ action }) => action),
      ["check"],
    );
  });

  it("names what is wrong, what to do, and exits with 1", async () => {
    await chmod(join(dir, "data", "vault.key"), 0o644);
    await writeFile(join(dir, "data", "ledger.jsonl"), "{}\n");
    await policy((yaml) => yaml.replace("C0SECURITY", "C0NOWHERE").replace("slackGroup: S0DBA", "slackGroup: S0GONE"));
    await writeFile(join(dir, "rules", "wrong.yml"), "title: x");
    const connection = connectRedis(redis.url, { role: "commands", log: silent });
    await connection.config("SET", "maxmemory-policy", "allkeys-lru");
    const { code, text } = await examine();
    await connection.config("SET", "maxmemory-policy", "noeviction");
    connection.disconnect();
    assert.equal(code, 1);
    for (const line of [
      /FAIL redis: Redis may drop parts of the ledger when memory is full .*\n {5}hint: in redis\.conf/,
      /FAIL anomalies: .*wrong\.yml id: .*\n {5}hint: breakglass anomalies check/,
      /FAIL mirror: .* holds only up to entry 0/,
      /FAIL keys: The vault key .* can be read by others \(mode 644\)\n {5}hint: Set it right: chmod 600/,
      /FAIL slack: the channel security \(C0NOWHERE\): Slack refused .*channel_not_found\n {5}hint: Check the channel's id/,
      /FAIL slack: the user group of dba \(S0GONE\) can't be read, and counts as empty/,
    ])
      assert.match(text, line);
  });

  it("tells scopes that are missing and those that are too many, and a token that is none", async () => {
    const other = await startSlack({
      seed: { ...ACME, scopes: [...BOT_SCOPES.filter((scope) => scope !== "im:write"), "admin"] },
    });
    env["SLACK_API_URL"] = other.apiUrl;
    const { code, text } = await examine();
    assert.match(
      text,
      /FAIL slack: the scope im:write is missing\n {5}hint: set the app's scopes as in manifests\/slack\.yaml/,
    );
    assert.match(text, /warn slack: the scope admin is more than it needs/);
    assert.equal(code, 1);
    env["SLACK_BOT_TOKEN"] = "xoxb-wrong";
    assert.match((await examine()).text, /FAIL slack: the bot token: Slack refused auth\.test: invalid_auth/);
    await other.close();
  });

  it("asks each source of facts, and says who is on call now or why it can't be read", async () => {
    await writeFile(
      join(dir, "schedule.yaml"),
      "timeZone: UTC\nrotations: [{ people: [alice], start: 2026-01-05 09:00 }]",
    );
    const rota = "rota: { http: { url: http://127.0.0.1:1/rota } }";
    await policy((yaml) => `${yaml}\nschedules: { desk: { file: schedule.yaml }, ${rota} }\nincidents: { ${rota} }\n`);
    const { text, code } = await examine();
    assert.match(text, /ok {3}facts: schedule desk: Alice Ng on call now/);
    assert.match(
      text,
      /FAIL facts: schedule rota: 127\.0\.0\.1:1 could not be reached\n {5}hint: .*policy approves nothing by it/,
    );
    assert.match(text, /FAIL facts: incidents rota: 127/);
    assert.equal(code, 1);
  });

  it("measures how far the clock is from that of Redis", async () => {
    const connection = connectRedis(redis.url, { role: "commands", log: silent });
    const clockOf = async (offMs: number) =>
      (await checkRedis(connection, () => Date.now() + offMs)).find(({ subject }) => subject === "clock");
    const [hour, seconds, none] = [await clockOf(3_600_000), await clockOf(-5_000), await clockOf(0)];
    connection.disconnect();
    assert.deepEqual([hour?.standing, seconds?.standing, none?.standing], ["problem", "warning", "fine"]);
    assert.match(hour?.text ?? "", /clock is (3600\d{3}|3599\d{3}) ms ahead of/);
    assert.match(seconds?.text ?? "", /clock is (50\d\d|49\d\d) ms behind/);
  });

  it("before the first start there is no DATA_DIR, and that is well if one can be made", async () => {
    await rm(join(dir, "data"), { recursive: true });
    const { text, code } = await examine();
    assert.match(text, /ok {3}mirror: \S+ledger\.jsonl is made at the first start/);
    assert.equal(code, 0);
    env["DATA_DIR"] = join(dir, "policy.yaml", "data");
    assert.match((await examine()).text, /FAIL mirror: .* can't be written/);
  });

  it("tells that the mirror's disk is full", { skip: process.platform !== "linux" }, async () => {
    // What Linux shows of a process are files that can be written, on a file system with no room at all.
    await symlink("/proc/self/comm", join(dir, "data", "ledger.jsonl"));
    const { text, code } = await examine();
    assert.match(text, /FAIL mirror: \S+ledger\.jsonl can't be written: the disk is full \(0 bytes are free\)/);
    assert.equal(code, 1);
  });

  it("tells that the ledger is forked: here, or by what a worker elsewhere sees", async () => {
    const connection = connectRedis(redis.url, { role: "commands", log: silent });
    const mirror = join(dir, "data", "ledger.jsonl");
    const begin = async (policy: string) => {
      await connection.flushall();
      await vouch(connection);
      const ledger = new Ledger(connection, () => "s".repeat(22));
      await ledger.recordOwn(() => [{ type: "PolicyLoaded", actor: CLOCK, data: { policy, targets: 1 } }], 0);
      return `${(await ledger.range(1, 1)).join("")}\n`;
    };
    await writeFile(mirror, await begin("a"));
    const other = await begin("b");
    const here = await examine();
    await writeFile(mirror, other);
    const well = await examine();
    await connection.set(LEDGER_KEYS.forked, 1);
    const elsewhere = await examine();
    await connection.flushall();
    connection.disconnect();
    for (const { text, code } of [here, elsewhere]) {
      assert.match(
        text,
        /FAIL mirror: the ledger is forked: .* different entries 1; nothing is granted\n {5}hint: docs\/errors/,
      );
      assert.equal(code, 1);
    }
    assert.match(well.text, /ok {3}mirror: .* 1 entry, 0 behind Redis/);
  });

  it("lists each problem of the policy, and looks at the rest all the same", async () => {
    await policy((yaml) => yaml.replace("max: 30m", "max: 1m").replace("requesters: [sre]", "requesters: [sree]"));
    const { code, text } = await examine();
    assert.equal(code, 1);
    assert.ok((text.match(/^FAIL policy: /gm) ?? []).length >= 2, text);
    assert.match(text, /ok {3}redis/);
  });

  it("exits with 2 where something couldn't be known: a target that doesn't answer, a Slack that is away", async () => {
    env["SLACK_API_URL"] = "http://127.0.0.1:1/api/";
    const { code, text } = await examine();
    assert.equal(code, 2);
    assert.match(text, /\?\? {3}slack: the bot token: Slack could not be reached/);
    env["REDIS_URL"] = "redis://127.0.0.1:1";
    const without = await examine();
    assert.equal(without.code, 1);
    assert.match(without.text, /FAIL redis: Redis at 127\.0\.0\.1:1 can't be used/);
    delete env["REDIS_URL"];
    assert.match((await examine()).text, /\?\? {3}redis: No Redis runs under .*\n {5}hint: breakglass serve starts it/);
  });
});
