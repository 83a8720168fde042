import assert from "node:assert/strict";
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { recoverLedger } from "../../src/cli/ledger-recover.ts";
import { revokeOverdue } from "../../src/cli/revoke-overdue.ts";
import { putAccount } from "../../src/cli/vault.ts";
import { readConfig } from "../../src/config.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { CodedError } from "../../src/errors.ts";
import { EMPTY, seal, type Entry } from "../../src/ledger/entry.ts";
import { silent } from "../../src/log.ts";
import { start } from "../../src/main.ts";
import { principalName } from "../../src/providers/principal-name.ts";
import { ACME, acmePolicy } from "../support/acme.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { startTestRedis } from "../support/redis.ts";
import { ask, MINUTE, Scene } from "../support/scene.ts";

const role = `
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: automatic
        duration: { default: 15m, max: 30m }`;

describe("what is done without Redis", () => {
  let dir: string;
  let target: CommandTarget;
  let gone: CommandTarget;
  let env: NodeJS.ProcessEnv;
  let said: { result: string[]; talk: string[] };
  let entries: Entry[];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-without-redis-"));
    target = await commandTarget();
    gone = await commandTarget();
    const targets = `
  orders-db:
    title: Orders database
    ${target.yaml}${role}
  other-db:
    title: Other database
    ${gone.yaml}${role}
`;
    await mkdir(join(dir, "data"));
    await writeFile(join(dir, "policy.yaml"), acmePolicy(targets));
    env = {
      DATA_DIR: join(dir, "data"),
      POLICY_FILE: join(dir, "policy.yaml"),
      REDIS_URL: "redis://127.0.0.1:1",
      SLACK_BOT_TOKEN: ACME.botToken,
      SLACK_SIGNING_SECRET: ACME.signingSecret,
    };
    said = { result: [], talk: [] };
    entries = [];
  });
  afterEach(async () => {
    await Promise.all([target.remove(), gone.remove(), rm(dir, { recursive: true })]);
  });

  const io = () => ({
    env,
    result: (line: string) => void said.result.push(line),
    talk: (line: string) => void said.talk.push(line),
  });

  /** Access that began so long ago and was to last 15 minutes, as the mirror has it; it is at its target. */
  async function granted(
    id: string,
    agoMs: number,
    on: "orders-db" | "other-db" = "orders-db",
    drill?: object,
  ): Promise<void> {
    const scene = new Scene("automatic");
    const at = Date.now() - agoMs;
    scene.now = at;
    const deadline = at + 15 * MINUTE;
    const handle = { request: id, name: principalName(id) };
    const opened = scene
      .when(ask())
      .map((event) => ({ ...event, data: { ...event.data, target: on, drill } }) as NewEvent);
    const events: NewEvent[] = [
      ...opened,
      { type: "GrantStarted", actor: CLOCK, data: { attempt: 1, deadline } },
      { type: "GrantSucceeded", actor: CLOCK, data: { attempt: 1, deadline, handle, credential: true } },
    ];
    for (const event of events)
      entries.push(seal(event, entries.at(-1) ?? EMPTY, { request: id, at, salt: () => "s".repeat(22) }));
    await writeFile(mirror(), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    const [, folder = ""] = /target\.sh, ([^\]]+)\]/.exec(on === "orders-db" ? target.yaml : gone.yaml) ?? [];
    await writeFile(join(folder, "grants", handle.name), "");
  }
  const mirror = () => join(dir, "data", "ledger.jsonl");

  it("revoke --overdue ends what is past its end by the mirror, checks it, and leaves the rest", async () => {
    await granted("BG-0VERDE", 20 * MINUTE);
    await granted("BG-STANDS", 5 * MINUTE);
    await appendFile(mirror(), '{"v":1,"seq":7,"half');
    assert.equal(await revokeOverdue(io()), 0);
    assert.deepEqual(said, {
      result: ["BG-0VERDE (alice, writer on orders-db): gone, and checked: account removed"],
      talk: ["1 access is on and not over yet"],
    });
    assert.deepEqual(await target.granted(), ["bg_stands"]);
    assert.match(await readFile(mirror(), "utf8"), /"half$/, "a worker may be writing: the mirror is only read");
  });

  it("says what is not gone, how to do it by hand, and exits with 1; one dead target keeps no other from it", async () => {
    await granted("BG-0VERDE", 20 * MINUTE);
    await granted("BG-STVCK0", 30 * MINUTE, "other-db", { by: "hand" });
    await gone.fail("revoke", "no route");
    assert.equal(await revokeOverdue(io()), 1);
    assert.deepEqual(await target.granted(), []);
    assert.match(
      said.result[1] ?? "",
      /^DRILL · BG-STVCK0 \(alice, writer on other-db\): not gone: .*no route \(TARGET_REFUSED\)$/,
    );
    assert.match(said.talk[0] ?? "", /^by hand, for BG-STVCK0:\n {2}printf '%s' .*"action":"revoke"/);
    said = { result: [], talk: [] };
    await gone.mend();
    await gone.lie();
    assert.equal(await revokeOverdue(io()), 1);
    assert.match(said.result.at(-1) ?? "", /not gone: bg_stvck0 is still at other-db after the revoke/);
  });

  it("goes as far as the mirror holds, and warns; without one it says where one is", async () => {
    await granted("BG-0VERDE", 20 * MINUTE);
    await granted("BG-CHANGE", 20 * MINUTE);
    const text = await readFile(mirror(), "utf8");
    await writeFile(mirror(), text.replace(/"request":"BG-CHANGE"/, '"request":"BG-XXXXXX"'));
    assert.equal(await revokeOverdue(io()), 1);
    assert.deepEqual(await target.granted(), ["bg_change"]);
    assert.match(said.talk[0] ?? "", /^warning: the mirror holds only up to entry 3; what came after is not known/);
    await rm(mirror());
    await assert.rejects(revokeOverdue(io()), (error) => error instanceof CodedError && error.code === "LEDGER_EMPTY");
  });

  it("P5: a start that finds no Redis ends what is overdue before it gives up, each time", async () => {
    await granted("BG-0VERDE", 20 * MINUTE);
    await granted("BG-STANDS", 5 * MINUTE);
    const begin = () => start(readConfig(env), env, { log: silent });
    const unreachable = (error: unknown) => error instanceof CodedError && error.code === "REDIS_UNREACHABLE";
    await assert.rejects(begin(), unreachable);
    assert.deepEqual(await target.granted(), ["bg_stands"]);
    env["ROLE"] = "bot";
    await assert.rejects(begin(), unreachable);
    assert.equal((await target.calls()).filter(({ action }) => action === "revoke").length, 1, "a bot holds no keys");
  });

  it("a start that finds the vault's key lost ends what is overdue, says what is lost, and makes no other key", async () => {
    await granted("BG-0VERDE", 20 * MINUTE);
    await granted("BG-STANDS", 5 * MINUTE);
    await putAccount(io(), "aws-root", { user: "root", json: false }, () => Promise.resolve("canary"));
    await rm(join(dir, "data", "vault.key"));
    const redis = await startTestRedis();
    try {
      env["REDIS_URL"] = redis.url;
      await assert.rejects(
        start(readConfig(env), env, { log: silent }),
        (error) =>
          error instanceof CodedError &&
          error.code === "VAULT_KEY_INVALID" &&
          error.message.includes("aws-root was sealed"),
      );
      assert.deepEqual(await target.granted(), ["bg_stands"]);
      await assert.rejects(readFile(join(dir, "data", "vault.key")));
    } finally {
      await redis.stop();
    }
  });

  it("ledger recover fills an empty Redis from a mirror that no worker has, and leaves a full one as it is", async () => {
    await granted("BG-0VERDE", 20 * MINUTE);
    await granted("BG-STANDS", 5 * MINUTE);
    const backup = join(dir, "backup.jsonl");
    await writeFile(backup, await readFile(mirror()));
    await rm(mirror());
    const redis = await startTestRedis();
    try {
      env["REDIS_URL"] = redis.url;
      assert.equal(await recoverLedger(io(), backup), 0);
      assert.equal(await recoverLedger(io(), backup), 0);
      assert.deepEqual(said.result, [
        "entries 1 to 6 were written again; the ledger has 7",
        "nothing to recover: the ledger has 7 entries, this mirror 6",
      ]);
      entries = entries.slice(0, 3);
      await granted("BG-0THER0", MINUTE);
      await writeFile(backup, await readFile(mirror()));
      await assert.rejects(
        recoverLedger(io(), backup),
        (error) => error instanceof CodedError && error.code === "LEDGER_FORK",
      );
    } finally {
      await redis.stop();
    }
  });
});
