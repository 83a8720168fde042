import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { readConfig } from "../../src/config.ts";
import type { Connection } from "../../src/connection.ts";
import type { SendResult } from "../../src/demo/slack/delivery/delivery.ts";
import type { Message } from "../../src/demo/slack/workspace/message.ts";
import { KEYS } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { verify } from "../../src/ledger/verify.ts";
import { silent } from "../../src/log.ts";
import { start, type Running } from "../../src/main.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { ALICE, APPROVALS, BOB, CAROL, DAVE, INC_42, NO_RULES } from "../support/acme.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { idIn, openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { assertToldOnce } from "../support/told-once.ts";
import { until } from "../support/until.ts";

const ROLES = ["one", "two", "three"];
const WORKERS = 3;

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:${ROLES.map(
      (role) => `
      ${role}:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads, dba] }
        duration: { default: 15m, max: 30m }`,
    ).join("")}
`;

describe("P6: two bots and three workers, each with a mirror of its own, under a storm", () => {
  let target: CommandTarget;
  let stage: Stage;
  let dir: string;
  let others: Running[];
  let bots: string[];
  let redis: Connection;
  let ledger: Ledger;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({
      targets: targets(target),
      slack: { ...UNHURRIED, ackWithin: 15_000 },
      env: { ROLE: "bot" },
    });
    dir = await mkdtemp(join(tmpdir(), "bg-storm-"));
    const serve = async (name: string, more: Record<string, string>) => {
      const env = {
        REDIS_URL: stage.redis.url,
        DATA_DIR: join(dir, name),
        VAULT_KEY_FILE: join(stage.dir, "data", "vault.key"),
        POLICY_FILE: join(stage.dir, "policy.yaml"),
        ANOMALY_RULES: NO_RULES,
        PORT: "0",
        ...more,
      };
      return await start(readConfig(env), env, { log: silent });
    };
    const slack = {
      SLACK_BOT_TOKEN: "xoxb-test-token",
      SLACK_SIGNING_SECRET: "8f742231b10e8888abcd99yyyzzz85a5",
      SLACK_API_URL: stage.slack.apiUrl,
    };
    others = await Promise.all([
      serve("bot", { ROLE: "bot", ...slack }),
      ...Array.from({ length: WORKERS }, (_, index) => serve(`worker-${index}`, { ROLE: "worker" })),
    ]);
    bots = [stage.bot.url, others[0]?.url ?? ""].map((url) => `${url}/slack/events`);
    redis = connectRedis(stage.redis.url, { role: "commands", log: silent });
    ledger = new Ledger(redis, () => "");
  });
  after(async () => {
    redis.disconnect();
    await Promise.all(others.map((each) => each.stop()));
    await stage.stop();
    await target.remove();
    await rm(dir, { recursive: true, force: true });
  });

  let turn = 0;
  /** Sends something to the one bot or the other, and the very same to the other one again, as Slack does when it hears nothing. */
  async function twice(send: () => Promise<SendResult>): Promise<SendResult> {
    const [one = "", other = ""] = turn++ % 2 === 0 ? bots : bots.toReversed();
    stage.slack.deliverTo(one);
    const sending = send();
    const result = await sending;
    assert.equal(result.problem, null);
    const { raw } = result;
    if (raw?.via !== "http") throw new Error("nothing was sent");
    const again = await stage.slack.workspace.delivery.resend({ ...raw, url: other }, { "x-slack-retry-num": "1" });
    assert.equal(again.problem, null);
    return result;
  }
  const as = (who: string) => stage.slack.workspace.as(who);
  const type = (who: string, text: string) => twice(() => as(who).command("/breakglass", text, { channel: INC_42 }));
  const click = (who: string, card: Message, text: string) => twice(() => as(who).click(card, { text }));

  /** What somebody was answered, beside that it is being worked on. */
  const answers = (who: string) =>
    stage.slack.workspace
      .ephemerals(who)
      .map(stage.readable)
      .filter((text) => !text.startsWith("Working on it…"));
  const answersAbout = async (who: string, about: RegExp, count: number) =>
    await until(
      () => {
        const found = answers(who).filter((text) => about.test(text));
        return found.length >= count ? found : undefined;
      },
      `${count} answers for ${who} like ${String(about)}`,
      () => answers(who).join("\n---\n"),
    );
  /** The approval card of a request, and not one that names it as the requester's last. */
  const cardOf = async (id: string) =>
    await until(() => {
      const cards = stage.slack.workspace.messages(APPROVALS).filter(({ thread_ts }) => thread_ts === undefined);
      return cards.find((message) => idIn(stage.readable(message)) === id);
    }, `the card of ${id}`);
  const types = async (id: string) => (await ledger.entriesOf(id)).map((entry) => entry.type);
  const times = (all: readonly string[], wanted: string) => all.filter((each) => each === wanted).length;

  it("asked twice is one request, and each has one outcome that everyone who clicked is told", async () => {
    await Promise.all([ALICE, BOB].flatMap((who) => ROLES.map((role) => type(who, `db ${role} orders are stuck`))));
    const recorded = (
      await Promise.all([ALICE, BOB].map((who) => answersAbout(who, /Recorded: /, ROLES.length)))
    ).flat();
    const ids = [...new Set(recorded.map(idIn))];
    assert.equal(ids.length, 2 * ROLES.length);
    const cards = await Promise.all(ids.map(cardOf));

    // A double click of one approver, and another one's in the same moment.
    await Promise.all(cards.flatMap((card) => [CAROL, CAROL, DAVE].map((who) => click(who, card, "Approve"))));
    for (const id of ids) {
      const about = new RegExp(`${id}[^]*approved by|already counted`);
      const told = [
        ...(await answersAbout(CAROL, new RegExp(id), 4)),
        ...(await answersAbout(DAVE, new RegExp(id), 2)),
      ];
      assert.equal(told.length, 6, "each click is answered, and what was sent again is too");
      for (const text of told) assert.match(text, about);
      const deciders = new Set(told.flatMap((text) => /approved by ([\w ]+?)[,.]/.exec(text)?.[1] ?? []));
      assert.equal(deciders.size, 1, told.join("\n---\n"));
      assert.equal(told.filter((text) => text.startsWith("Recorded")).length, 1);
      await stage.line(INC_42, id, /^Access is on/);
      const found = await types(id);
      for (const once of ["RequestOpened", "ApprovalGiven", "GrantStarted", "GrantSucceeded"])
        assert.equal(times(found, once), 1, `${once} of ${id}: ${found.join()}`);
    }
    const grants = (await target.calls()).filter(({ action }) => action === "grant");
    assert.equal(grants.length, ids.length);

    // Their cards are stale now.
    await Promise.all(cards.map((card) => click(DAVE, card, "Approve")));
    for (const id of ids) await answersAbout(DAVE, new RegExp(`${id} is already decided`), 1);

    // Whoever has access ends it, twice over, while an approver revokes it.
    const requester = async (id: string) => ((await ledger.load(id))?.state.requester === "alice" ? ALICE : BOB);
    await Promise.all(
      ids.map(async (id) => {
        const own = await requester(id);
        await Promise.all([type(own, `end ${id}`), type(own, `end ${id}`), type(CAROL, `revoke ${id} enough`)]);
      }),
    );
    for (const id of ids) {
      await stage.line(INC_42, id, /^Gone, and checked/);
      const found = await types(id);
      for (const once of ["RevokeStarted", "RevokeSucceeded"]) assert.equal(times(found, once), 1, found.join());
    }
    assert.deepEqual(await target.granted(), []);
  });

  it("approved and denied in the same moment is one of the two", async () => {
    for (const role of ROLES.slice(0, 2)) {
      const before = answers(ALICE).length;
      await type(ALICE, `db ${role} either or`);
      const id = await until(
        () =>
          answers(ALICE)
            .slice(before)
            .find((text) => text.includes("Recorded: ")),
        "a receipt",
      ).then(idIn);
      const card = await cardOf(id);
      await click(DAVE, card, "Deny");
      const form = await until(() => as(DAVE).view() ?? undefined, "a form");
      await Promise.all([
        click(CAROL, card, "Approve"),
        as(DAVE).submit(form, { reason: "not now" }),
        click(BOB, card, "Approve"),
      ]);
      const [carol = ""] = await answersAbout(CAROL, new RegExp(id), 1);
      const [bob = ""] = await answersAbout(BOB, new RegExp(id), 1);
      const found = await types(id);
      assert.equal(times(found, "ApprovalGiven") + times(found, "RequestDenied"), 1, found.join());
      if (found.includes("RequestDenied")) for (const text of [carol, bob]) assert.match(text, /denied by Dave Poe/);
      else {
        assert.match(
          as(DAVE).view()?.errors["reason"] ?? "",
          /already decided\. It was approved by (Carol Diaz|Bob Ortiz)/,
        );
        await as(DAVE).closeView(form);
        await stage.line(INC_42, id, /^Access is on/);
        await type(ALICE, `end ${id}`);
      }
      await stage.line(INC_42, id, /^Gone, and checked|denied: "not now"/);
    }
  });

  it("leaves one chain, the same in every mirror, and one thread of each request", async () => {
    await until(async () => ((await redis.zcard(KEYS.untold)) === 0 ? true : undefined), "everything to be told");
    const chain = await ledger.range(1, 10_000);
    assert.equal((await verify(chain)).broken, undefined);
    for (let index = 0; index < WORKERS; index++) {
      const mirror = join(dir, `worker-${index}`, "ledger.jsonl");
      await until(
        async () => ((await readFile(mirror, "utf8")) === `${chain.join("\n")}\n` ? true : undefined),
        "its mirror",
      );
    }
    assertToldOnce(stage);
    const roots = stage.slack.workspace.messages(INC_42).filter(({ thread_ts }) => thread_ts === undefined);
    assert.equal(roots.length, 2 * ROLES.length + 2);
  });
});
