import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startSlack, type Slack } from "../../src/demo/slack/start-slack.ts";
import { linesIn } from "../../src/ledger/lines.ts";
import { verify } from "../../src/ledger/verify.ts";
import { ACME, acmePolicy, ALICE, APPROVALS, BOB, CAROL, NO_RULES } from "../support/acme.ts";
import { ask as askIn } from "../support/ask.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { programArguments } from "./program.ts";
import { play } from "./transcript.ts";

const TARGET = join(import.meta.dirname, "../providers/command/target.sh");

/** Takes a second for a grant, after it said that it began. */
const SLOW = `order=$(cat); case $order in *'"grant"'*) touch "$TARGET_DIR/begun"; sleep 1;; esac; printf %s "$order" | sh ${TARGET}`;

const target = (title: string, command: string[], dir: string) => `
    title: ${title}
    provider: command
    connection: { command: ${JSON.stringify(command)}, env: { TARGET_DIR: ${JSON.stringify(dir)} } }
    roles:
      support:
        grant: { level: support }
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 15m, max: 30m }`;

describe("breakglass, with a service that runs", () => {
  let dir: string;
  let slack: Slack;
  let redis: TestRedis;
  let service: ChildProcess;
  let said = "";
  let env: NodeJS.ProcessEnv;
  const secrets = [ACME.botToken, ACME.signingSecret];

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-served-"));
    const principals = join(dir, "principals");
    await mkdir(principals);
    const policy = `
  admin-tool:${target("Admin tool (production)", ["sh", TARGET], principals)}
  slow-tool:${target("Slow tool (production)", ["sh", "-c", SLOW], principals)}
`;
    await writeFile(join(dir, "policy.yaml"), acmePolicy(policy));
    slack = await startSlack({ seed: ACME });
    redis = await startTestRedis();
    secrets.push(new URL(redis.url).password);
    env = {
      SLACK_BOT_TOKEN: ACME.botToken,
      SLACK_SIGNING_SECRET: ACME.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      REDIS_URL: redis.url,
      DATA_DIR: join(dir, "data"),
      POLICY_FILE: join(dir, "policy.yaml"),
      // Access at night is unusual, whenever this is tried.
      ANOMALY_RULES: NO_RULES,
      PORT: "0",
    };
    service = spawn(process.execPath, [...(await programArguments()), "serve"], {
      env: { ...env, PATH: process.env["PATH"] },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [service.stdout, service.stderr])
      stream?.setEncoding("utf8").on("data", (part: string) => (said += part));
    const url = await until(
      () => /over HTTP at (\S+)[^]*people\n/.exec(said)?.[1],
      "the lines that say what the service is connected to",
      () => said,
    );
    slack.deliverTo(url);
  });

  after(async () => {
    service.kill("SIGKILL");
    await slack.close();
    await redis.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const ask = (user: string, what: string) =>
    askIn({ slack, readable: (message) => slack.workspace.readable(message) }, user, what);

  async function approve(id: string): Promise<void> {
    const { workspace } = slack;
    const card = await until(
      () => workspace.messages(APPROVALS).find((message) => workspace.readable(message).includes(id)),
      "an approval card",
    );
    await workspace.as(CAROL).click(card, { text: "Approve" });
  }

  it("says in three lines what it is connected to", () => {
    assert.match(
      said
        .split("\n")
        .filter((line) => !line.startsWith("{"))
        .join("\n"),
      /^Slack: Acme \(T0ACME\), over HTTP at http:\/\/127\.0\.0\.1:\d+\/slack\/events\nRedis: REDIS_URL; the ledger has \d+ entr(y|ies)\nPolicy: \S+policy\.yaml \(\w+\), 2 targets, 5 people\n/,
    );
  });

  it("lists, shows, revokes and exports", async () => {
    const id = await ask(ALICE, "admin-tool support 15m INC-42 orders stuck");
    await approve(id);
    await until(
      () => (existsSync(join(dir, "principals", `bg_${id.slice(3).toLowerCase()}`)) ? true : undefined),
      "the access",
    );
    await ask(BOB, "admin-tool support 15m INC-42 me too");
    await play(
      join(import.meta.dirname, "scripts/served.txt"),
      { ...env, ID: id, DOCS: join(import.meta.dirname, "../../docs") },
      secrets,
    );
  });

  it("on SIGTERM finishes what is in hand, and exits 0 within seconds", async () => {
    const id = await ask(ALICE, "slow-tool support 15m INC-42 orders stuck");
    await approve(id);
    await until(() => (existsSync(join(dir, "principals/begun")) ? true : undefined), "the grant's beginning");
    const told = Date.now();
    service.kill("SIGTERM");
    const [code] = (await once(service, "exit")) as [number | null];
    assert.equal(code, 0, said);
    assert.ok(Date.now() - told < 5_000, `it took ${Date.now() - told} ms`);
    const mirror = join(dir, "data/ledger.jsonl");
    const { broken } = await verify(linesIn(createReadStream(mirror)));
    assert.equal(broken, undefined);
    const mine = (await readFile(mirror, "utf8")).split("\n").filter((line) => line.includes(`"${id}"`));
    assert.match(mine.at(-1) ?? "", /"GrantSucceeded"/);
    for (const secret of secrets) assert.equal(said.includes(secret), false, said);
  });
});
