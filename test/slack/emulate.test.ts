import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { WebClient } from "@slack/web-api";
import { z } from "zod";
import { ChatRefused, type Mark } from "../../src/app/messenger.ts";
import { approvalCard } from "../../src/cards/approval-card.ts";
import { offers } from "../../src/domain/policy/offers.ts";
import { CodedError } from "../../src/errors.ts";
import { silent } from "../../src/log.ts";
import { slackClients } from "../../src/slack/clients.ts";
import { SlackDirectory } from "../../src/slack/directory.ts";
import { askIdentity } from "../../src/slack/identity.ts";
import type { SlackMessenger } from "../../src/slack/messenger.ts";
import { renderCard } from "../../src/slack/render-card.ts";
import { loadingForm, messageForm, requestForm } from "../../src/slack/request-form.ts";
import { showForm } from "../../src/slack/show-form.ts";
import { acme } from "../domain/acme-policy.ts";
import { groups, stateOf } from "../domain/given.ts";
import { TO_ITS_DEADLINE } from "../domain/lives.ts";
import { logKept } from "../support/kept-log.ts";
import { OURS, startEmulatedSlack, type EmulatedSlack } from "./emulated-slack.ts";

const WAITING = approvalCard(stateOf(...TO_ITS_DEADLINE.slice(0, 1)), "first request this week");
const ENDED = approvalCard(stateOf(...TO_ITS_DEADLINE), "first request this week");

const mark = (...keys: string[]): Mark => ({ request: "BG-7K3M2Q", keys });
const metadata = (key: string) => ({ event_type: "breakglass_post", event_payload: { request: "BG-7K3M2Q", key } });
const refusedWith = (reason: string) => (error: unknown) => error instanceof ChatRefused && error.reason === reason;

/**
 * What we say to Slack, said to a Slack that others wrote (`emulate`). It is no judge of what Slack refuses: it knows no
 * limits of blocks, no 429, no user groups, and it lets anybody read a public channel. It judges whether the calls, their
 * arguments and their answers are Slack's, and what stands in a channel afterwards.
 */
describe("our half of Slack, against emulate", () => {
  let slack: EmulatedSlack;
  let messenger: SlackMessenger;
  let answering: WebClient;

  before(async () => {
    slack = await startEmulatedSlack();
    messenger = slack.messenger();
    answering = slackClients(slack.config, silent).answering;
  });
  after(() => slack.stop());

  /** What a person sees there, oldest first. */
  const seen = async (channel: string, by = slack.alice) => {
    const { messages = [] } = await by.conversations.history({ channel, include_all_metadata: true });
    return messages.reverse();
  };

  it("tells who we are", async () => {
    assert.deepEqual(await askIdentity(answering), OURS);
  });

  describe("a message", () => {
    it("stands in a channel that nobody invited us to, with its card, its mark and no previews", async () => {
      const channel = slack.id("approvals");
      const posted = await messenger.post({ channel }, { card: WAITING }, mark("approval"));
      assert.equal(posted.channel, channel);
      const message = (await seen(channel)).at(-1);
      const { text, blocks } = renderCard(WAITING, slack.names);
      assert.deepEqual(message, {
        type: "message",
        user: OURS.user,
        ts: posted.message,
        text,
        blocks,
        metadata: metadata("approval"),
        unfurl_links: false,
        unfurl_media: false,
      });
    });

    it("is replied to in its thread, and the replies stand there in order and not in the channel", async () => {
      const channel = slack.id("incidents");
      const root = await messenger.post({ channel }, { text: ["root"] }, mark("root"));
      const before = await seen(channel);
      for (const n of [1, 2, 3]) {
        const line = [`line ${n}: `, { said: "<!channel> & <@U1> `x`" }];
        await messenger.post({ channel, thread: root.message }, { text: line }, mark(`line.${n}`));
      }
      const { messages = [] } = await slack.alice.conversations.replies({ channel, ts: root.message });
      assert.deepEqual(
        messages.map(({ text }) => text),
        ["root", ...[1, 2, 3].map((n) => `line ${n}: &lt;!channel&gt; &amp; &lt;@U1&gt; ˋxˋ`)],
      );
      assert.deepEqual(
        (await seen(channel)).map(({ ts }) => ts),
        before.map(({ ts }) => ts),
      );
      assert.equal((await seen(channel)).at(-1)?.reply_count, 3);
    });

    it("is updated in place: other blocks, other text, another mark", async () => {
      const channel = slack.id("approvals");
      const posted = await messenger.post({ channel }, { card: WAITING }, mark("approval"));
      const count = (await seen(channel)).length;
      await messenger.update(posted, { card: ENDED }, mark("approval", "decided"));
      const messages = await seen(channel);
      assert.equal(messages.length, count);
      const message = messages.at(-1);
      assert.equal(message?.ts, posted.message);
      const drawn = renderCard(ENDED, slack.names);
      assert.deepEqual(message.blocks, drawn.blocks);
      assert.equal(message.text, drawn.text);
      assert.deepEqual(message.metadata, metadata("approval decided"));
      assert.equal(message.edited?.user, OURS.user);
      assert.doesNotMatch(JSON.stringify(message.blocks), /"approve"/);
    });

    it("loses its blocks when text takes their place", async () => {
      const posted = await messenger.post({ person: "alice" }, { card: WAITING }, mark("credential"));
      await messenger.update(posted, { text: ["It has ended."] }, mark("credential"));
      const message = (await seen(posted.channel)).at(-1);
      // Said outright: emulate drops the blocks where none are sent, Slack leaves them standing.
      assert.deepEqual(message?.blocks, []);
      assert.equal(message.text, "It has ended.");
    });

    it("stays as it is when it isn't ours to update, or not there", async () => {
      const channel = slack.id("incidents");
      const { ts = "" } = await slack.alice.chat.postMessage({ channel, text: "mine" });
      const update = messenger.update({ channel, message: ts }, { text: ["ours"] }, mark("root"));
      await assert.rejects(update, refusedWith("cant_update_message"));
      assert.equal((await seen(channel)).at(-1)?.text, "mine");
      await assert.rejects(
        messenger.update({ channel, message: "1.000001" }, { text: ["ours"] }, mark("root")),
        refusedWith("message_not_found"),
      );
    });
  });

  describe("a message whose answer was lost", () => {
    it("is found by the first of its posts, wherever that stands among others", async () => {
      const channel = slack.id("incidents");
      const posted = await messenger.post({ channel }, { text: ["three at once"] }, mark("f.1", "f.2", "f.3"));
      const since = Date.now() - 60_000;
      for (const key of ["f.1", "f.2", "f.3"]) {
        assert.deepEqual(await messenger.find({ channel }, mark(key, "f.9"), since), posted);
      }
      for (const other of [mark("f"), mark("f.9", "f.1"), { request: "BG-000001", keys: ["f.1"] }]) {
        assert.equal(await messenger.find({ channel }, other, since), undefined);
      }
    });

    it("is found in its thread, and only there", async () => {
      const channel = slack.id("incidents");
      const root = await messenger.post({ channel }, { text: ["root"] }, mark("t.root"));
      const reply = await messenger.post({ channel, thread: root.message }, { text: ["reply"] }, mark("t.reply"));
      const since = Date.now() - 60_000;
      assert.deepEqual(await messenger.find({ channel, thread: root.message }, mark("t.reply"), since), reply);
      assert.equal(await messenger.find({ channel }, mark("t.reply"), since), undefined);
    });

    it("is found on a later page of a busy channel", async () => {
      const channel = slack.id("approvals");
      const posted = await messenger.post({ channel }, { text: ["early"] }, mark("early"));
      for (let n = 0; n < 120; n++) await slack.alice.chat.postMessage({ channel, text: `talk ${n}` });
      assert.deepEqual(await messenger.find({ channel }, mark("early"), Date.now() - 60_000), posted);
    });

    it("is not made out where we may not read, which is no error", async () => {
      assert.equal(await messenger.find({ channel: slack.id("secret") }, mark("root"), 0), undefined);
      assert.equal(await messenger.find({ channel: "C0NOWHERE" }, mark("root"), 0), undefined);
    });
  });

  describe("a direct message", () => {
    it("is between that person and us alone, and the next one stands in the same conversation", async () => {
      const first = await messenger.post({ person: "bob" }, { text: ["one"] }, mark("d.1"));
      await messenger.tellPrivately(slack.id("bob"), { text: "two" });
      // Another process has to open it anew.
      const third = await slack.messenger().post({ person: "bob" }, { text: ["three"] }, mark("d.3"));
      assert.equal(third.channel, first.channel);
      const texts = (await seen(first.channel, slack.bob)).map(({ text }) => text);
      assert.deepEqual(texts, ["one", "two", "three"]);
      await assert.rejects(seen(first.channel), /not_in_channel/);
      assert.deepEqual(await messenger.find({ person: "bob" }, mark("d.3"), Date.now() - 60_000), third);
    });

    it("is refused for a person without an account, and for an account that isn't there", async () => {
      await assert.rejects(
        messenger.post({ person: "erin" }, { text: ["hello"] }, mark("d.1")),
        refusedWith("no_account"),
      );
      await assert.rejects(messenger.tellPrivately("U0NOBODY", { text: "hello" }), refusedWith("user_not_found"));
    });
  });

  describe("a refusal of Slack's", () => {
    const refusals: [string, () => string, string, RegExp][] = [
      ["an archived channel", () => slack.id("old"), "is_archived", /Unarchive the channel/],
      ["a private channel without us", () => slack.id("secret"), "not_in_channel", /invite @Breakglass/],
      ["a channel that isn't there", () => "C0NOWHERE", "channel_not_found", /Check the channel's id/],
    ];
    for (const [what, channel, reason, next] of refusals) {
      it(`keeps its own word, and says what to do: ${what}`, async () => {
        await assert.rejects(messenger.post({ channel: channel() }, { text: ["x"] }, mark("x")), (error) => {
          assert.ok(error instanceof ChatRefused);
          assert.equal(error.reason, reason);
          assert.match(error.next, next);
          return true;
        });
      });
    }

    it("ends once we are invited", async () => {
      const channel = slack.id("secret");
      await slack.alice.conversations.invite({ channel, users: OURS.user });
      const posted = await messenger.post({ channel }, { text: ["now"] }, mark("now"));
      assert.equal((await seen(channel)).at(-1)?.ts, posted.message);
      assert.deepEqual(await messenger.find({ channel }, mark("now"), Date.now() - 60_000), posted);
    });

    it("names the scope's remedy when the app was installed with fewer", async () => {
      const channel = slack.id("incidents");
      await assert.rejects(slack.messenger(slack.mute).post({ channel }, { text: ["x"] }, mark("x")), (error) => {
        assert.ok(error instanceof ChatRefused);
        assert.equal(error.reason, "missing_scope");
        assert.match(error.next, /manifests\/slack\.yaml/);
        return true;
      });
    });
  });

  describe("the directory", () => {
    const directory = (options: { now?: () => number; log?: typeof silent } = {}) =>
      new SlackDirectory(answering, () => OURS, options.now ?? Date.now, options.log ?? silent);

    it("knows a member, a bot, and whom it can't know", async () => {
      assert.deepEqual(await directory().standing(slack.id("alice")), { kind: "member" });
      assert.deepEqual(await directory().standing(OURS.user), { kind: "refused", why: "it is a bot" });
      assert.deepEqual(await directory().standing("U0NOBODY"), { kind: "unknown" });
    });

    it("takes a person of another workspace for what they are", async () => {
      const elsewhere = new SlackDirectory(answering, () => ({ ...OURS, team: "T0OTHER" }), Date.now, silent);
      assert.deepEqual(await elsewhere.standing(slack.id("alice")), {
        kind: "refused",
        why: "it belongs to another organisation",
      });
    });

    it("counts a user group as unreadable where the workspace answers 404 for it, as emulate does", async () => {
      const log = logKept();
      assert.equal(await directory({ log: log.log }).groupMembers("S0DBA"), undefined);
      assert.ok(log.find(/could not be read, and counts as empty/));
    });
  });

  describe("a form", () => {
    const form = requestForm(offers(acme, groups(), "alice"), {}, { channel: "C0INC42" });
    const seenViews = async () => await (await fetch(new URL("/?tab=views", slack.config.apiUrl))).text();
    const trigger = async () => {
      const answer = await answering.apiCall("views.generateTriggerId", { user_id: slack.id("alice") });
      return z.object({ trigger_id: z.string() }).parse(answer).trigger_id;
    };

    it("opens for the trigger's person once, and is filled afterwards", async () => {
      const mine = await trigger();
      const id = await showForm(answering, mine, loadingForm({ channel: "C0INC42" }));
      assert.ok(id);
      const { view } = await answering.views.update({ view_id: id, view: form });
      assert.ok(view);
      assert.equal(view.id, id);
      assert.deepEqual(view.blocks, form.blocks);
      assert.equal(view.private_metadata, '{"channel":"C0INC42"}');
      assert.equal(view.callback_id, form.callback_id);
      assert.match(await seenViews(), new RegExp(`${id}[\\s\\S]*${OURS.app ?? ""}`));

      await assert.rejects(showForm(answering, mine, messageForm("again")), (error) => {
        assert.ok(error instanceof CodedError);
        assert.equal(error.code, "CHAT_FAILED");
        assert.match(error.message, /Nothing was recorded/);
        assert.ok(error.cause instanceof ChatRefused);
        assert.equal(error.cause.reason, "exchanged_trigger_id");
        return true;
      });
      assert.equal((await seenViews()).includes("again"), false);
    });
  });
});

describe("a Slack that is gone", () => {
  it("is an error that may be tried again, not a refusal; who was known stays known for a minute", async () => {
    const slack = await startEmulatedSlack();
    const messenger = slack.messenger();
    const channel = slack.id("incidents");
    let now = 0;
    const { answering } = slackClients(slack.config, silent);
    const directory = new SlackDirectory(
      answering,
      () => OURS,
      () => now,
      silent,
    );
    await directory.standing(slack.id("alice"));
    await slack.stop();

    await assert.rejects(messenger.post({ channel }, { text: ["x"] }, mark("x")), (error) => {
      assert.ok(error instanceof CodedError && !(error instanceof ChatRefused));
      assert.equal(error.code, "CHAT_FAILED");
      return true;
    });
    // Not to be taken for "it isn't there": it would be said twice.
    await assert.rejects(messenger.find({ channel }, mark("x"), 0), { code: "CHAT_FAILED" });
    now = 59_999;
    assert.deepEqual(await directory.standing(slack.id("alice")), { kind: "member" });
    now = 60_001;
    assert.deepEqual(await directory.standing(slack.id("alice")), { kind: "unknown" });
  });
});
