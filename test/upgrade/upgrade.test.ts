import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Redis } from "ioredis";
import { posts } from "../../src/cards/posts.ts";
import { eventOf, parseEntry } from "../../src/ledger/entry.ts";
import { KEYS } from "../../src/ledger/keys.ts";
import { verify } from "../../src/ledger/verify.ts";
import { principalName } from "../../src/providers/principal-name.ts";
import { Credentials } from "../../src/vault/credentials.ts";
import { vaultOf } from "../support/vault.ts";
import { APPROVALS, CAROL, INC_42, SECURITY } from "../support/acme.ts";
import { click } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { startTestRedis } from "../support/redis.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";
import { inWorkspace, patternOf, readKeys, writeKeys, writeMessages, type Pinned } from "./pinned.ts";
import { pinnedTargets } from "./scene.ts";

const MINUTE = 60_000;
/** Keys that a version has which didn't leave this state, with the reason why nothing is lost by that. */
const LATER: Readonly<Record<string, string>> = {
  "{breakglass}:checks": "what the last check of each target came to",
  "{breakglass}:checked:db": "which worker checks a target",
  "{breakglass}:checkpoint": "the newest checkpoint, for processes without a mirror",
  "{breakglass}:figures": "what /metrics tells, added up from the ledger anew where it is not there",
  "{breakglass}:figures:access": "the same: grants by their end",
  "{breakglass}:followed": "why one who follows the ledger could not go on",
  "{breakglass}:following:figures": "which worker adds the figures up",
  "{breakglass}:uses": "what insights need of each request, made anew where it is not there",
  "{breakglass}:uses:days": "the same: which days there are",
  "{breakglass}:uses:<day>": "the same",
  "{breakglass}:follow-ups": "follow-ups that the tracker has not taken yet",
};

for (const version of ["redis-v1.json"]) {
  describe(`what an earlier version left, pinned in ${version}`, () => {
    let dir: string;
    let target: CommandTarget;
    let stage: Stage;
    let redis: Redis;
    let pinned: Pinned;
    /** Since the program runs, this much has been added to the time at which the state was left. */
    let later = MINUTE;
    const began = Date.now();
    const now = () => ((pinned as Pinned | undefined) ?? { at: began }).at + later + Date.now() - began;

    before(async () => {
      const json = await readFile(join(import.meta.dirname, "../fixtures", version), "utf8");
      dir = await mkdtemp(join(tmpdir(), "bg-upgrade-"));
      target = await commandTarget();
      const server = await startTestRedis();
      redis = new Redis(server.url);
      await mkdir(join(dir, "data"));
      stage = await openStage({
        targets: pinnedTargets(target),
        redis: server,
        env: { DATA_DIR: join(dir, "data"), VAULT_KEY_FILE: join(dir, "vault.key") },
        now,
        slack: { ...UNHURRIED, now },
        prepare: async (slack) => {
          pinned = inWorkspace(json, slack);
          writeMessages(slack, pinned.messages);
          await writeKeys(redis, pinned.keys);
          await writeFile(join(dir, "data", "ledger.jsonl"), `${pinned.mirror.join("\n")}\n`);
          await writeFile(join(dir, "vault.key"), `${pinned.vaultKey}\n`, { mode: 0o600 });
          for (const id of [pinned.active, pinned.overdue]) await target.plant(principalName(id));
        },
      });
    });
    after(async () => {
      redis.disconnect();
      await stage.stop();
      await stage.redis.stop();
      await target.remove();
      await rm(dir, { recursive: true });
    });

    const chain = async () => (await redis.xrange(KEYS.chain, "-", "+")).map(([, fields]) => fields[1] ?? "");

    it("is taken up where it ended: what is overdue is ended, and those who were woken hear of it", async () => {
      await stage.line(INC_42, pinned.overdue, /^Gone, and checked/);
      await stage.message(SECURITY, new RegExp(`${pinned.overdue}: .*Gone, and checked`));
      assert.deepEqual(await target.granted(), [principalName(pinned.active)]);
    });

    it("a credential that was sealed then opens", async () => {
      const credentials = new Credentials(redis, vaultOf(Buffer.from(pinned.vaultKey, "hex")), () => Buffer.alloc(0));
      assert.equal((await credentials.open(pinned.active, 0))?.user, principalName(pinned.active));
    });

    it("a card that was posted then is approved now, and what was given then ends at its deadline", async () => {
      const { active, waiting } = pinned;
      await click(stage, CAROL, await stage.message(APPROVALS, new RegExp(waiting)), { text: "Approve" });
      await stage.line(INC_42, waiting, /^Access is on/);
      later += 30 * MINUTE;
      for (const id of [active, waiting]) await stage.line(INC_42, id, /^Gone, and checked/);
      assert.deepEqual(await target.granted(), []);
    });

    it("every line stands once, in its order, those from before and those from now", async () => {
      await until(async () => ((await redis.zcard(KEYS.untold)) === 0 ? true : undefined), "everything to be told");
      const entries = (await chain()).map(parseEntry);
      for (const id of [pinned.overdue, pinned.active, pinned.waiting]) {
        const events = entries.filter(({ request }) => request === id).map(eventOf);
        const wanted = posts(
          id,
          events.filter((event) => event !== undefined),
          "",
        );
        for (const [lane, channel] of [
          ["incident", INC_42],
          ["approvals", APPROVALS],
          ["security", SECURITY],
        ] as const)
          assert.deepEqual(
            keysIn(channel, id),
            wanted.filter((post) => post.lane === lane).map(({ key }) => key),
          );
      }
    });

    it("the ledger goes on from where it was, in Redis and in the mirror", async () => {
      const lines = await chain();
      assert.deepEqual(lines.slice(0, pinned.mirror.length), pinned.mirror);
      assert.equal((await verify(lines)).broken, undefined);
      const mirror = join(dir, "data", "ledger.jsonl");
      await until(async () => ((await readFile(mirror, "utf8")) === `${lines.join("\n")}\n` ? true : undefined), "it");
    });

    it("nothing of it is kept under another name, or as something else, by now", async () => {
      const shapes = (keys: Awaited<ReturnType<typeof readKeys>>) =>
        new Map(keys.map(({ name, type }) => [patternOf(name), type] as const));
      const then = shapes(pinned.keys);
      for (const [name, type] of shapes(await readKeys(redis)))
        assert.equal(
          type,
          then.get(name) ?? (name in LATER ? type : "nothing"),
          `${name}: see CONTRIBUTING.md, Formats`,
        );
    });

    it("jobs that waited then were taken, and jobs look as they did", async () => {
      const jobsOf = (names: readonly string[]) => names.filter((name) => name.includes(":jobs:access:BG-"));
      const then = pinned.keys.flatMap((key) => (key.type === "hash" && jobsOf([key.name]).length > 0 ? [key] : []));
      // One for the same moment may be there again: it was made by now.
      const isAsThen = async ({ name, value }: (typeof then)[number]) =>
        (await redis.hget(name, "timestamp")) === value["timestamp"];
      await until(async () => ((await Promise.all(then.map(isAsThen))).some(Boolean) ? undefined : true), "the jobs");
      const [job = ""] = jobsOf(await redis.keys("*"));
      assert.deepEqual(Object.keys(await redis.hgetall(job)).toSorted(), Object.keys(then[0]?.value ?? {}).toSorted());
      assert.deepEqual(Object.keys(JSON.parse((await redis.hget(job, "data")) ?? "") as object), ["id"]);
    });

    function keysIn(channel: string, id: string): string[] {
      return stage.slack.workspace
        .messages(channel)
        .toSorted((one, other) => Number(one.ts) - Number(other.ts))
        .flatMap(({ metadata }) => {
          const { request, key } = metadata?.event_payload ?? {};
          return request === id ? String(key).split(" ") : [];
        });
    }
  });
}
