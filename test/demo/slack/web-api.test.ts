import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { acme, clientOf, inAcme, refused } from "./acme.ts";

const BOT = "U0BREAKGLASS";
const divider = { type: "divider" as const };

describe("the Web API: who is who", () => {
  it("tells who the bot is", async () => {
    await inAcme(async (slack, client) => {
      const { team_id, user_id, bot_id, app_id, is_enterprise_install } = await client.auth.test();
      assert.deepEqual([team_id, user_id, bot_id, app_id], ["T0ACME", BOT, "B0BREAKGLASS", "A0BREAKGLASS"]);
      assert.equal(is_enterprise_install, false);
      assert.equal((await client.bots.info({ bot: bot_id ?? "" })).bot?.user_id, BOT);
      assert.equal((await refused(client.bots.info({ bot: "B0NOBODY" }))).error, "bot_not_found");
      assert.equal(slack.calls.list("auth.test").length, 1);
    });
  });

  it("refuses bad tokens, missing scopes and unknown methods with HTTP 200", async () => {
    await inAcme(
      async (slack, client) => {
        assert.equal((await refused(clientOf(slack, "xoxb-wrong").auth.test())).error, "invalid_auth");
        assert.equal((await refused(client.apiCall("no.such"))).error, "unknown_method");
        assert.equal((await refused(client.apps.connections.open())).error, "not_allowed_token_type");
        assert.equal((await refused(clientOf(slack, acme.appToken).auth.test())).error, "not_allowed_token_type");
        assert.equal((await refused(client.usergroups.users.list({ usergroup: "S0DBA" }))).error, "missing_scope");
        assert.equal((await refused(client.conversations.info({ channel: "C0GENERAL" }))).error, "missing_scope");
        assert.equal(
          (await refused(client.chat.postMessage({ channel: "C0GENERAL", text: "x" }))).error,
          "not_in_channel",
        );
        const bare = await fetch(`${slack.apiUrl}auth.test`, { method: "POST" });
        assert.equal(bare.status, 200);
        assert.deepEqual(await bare.json(), { ok: false, error: "not_authed" });
      },
      { seed: { ...acme, scopes: ["chat:write"] } },
    );
  });

  it("takes JSON with a bearer token, and the token in a form's field", async () => {
    await inAcme(async ({ apiUrl }) => {
      const headers = { authorization: `Bearer ${acme.botToken}`, "content-type": "application/json" };
      const body = JSON.stringify({ channel: "C0GENERAL", text: "x", blocks: [divider] });
      const asJson = await fetch(`${apiUrl}chat.postMessage`, { method: "POST", headers, body });
      assert.equal(((await asJson.json()) as { ok: boolean }).ok, true);
      const form = new URLSearchParams({ token: acme.botToken, user: "U0BOB" });
      const asForm = await fetch(`${apiUrl}users.info`, { method: "POST", body: form });
      assert.equal(((await asForm.json()) as { user: { id: string } }).user.id, "U0BOB");
    });
  });

  it("tells of guests, strangers, deactivated people and groups", async () => {
    await inAcme(async (slack, client) => {
      const info = async (user: string) => (await client.users.info({ user })).user;
      assert.equal((await info("U0GUEST"))?.is_restricted, true);
      assert.equal((await info("U0GONE"))?.deleted, true);
      assert.equal((await info(BOT))?.is_bot, true);
      assert.equal((await info("U0OTHER"))?.team_id, "T0OTHER");
      assert.equal((await info("U0OTHER"))?.is_stranger, true);
      slack.workspace.people.change("U0BOB", { deleted: true });
      assert.equal((await info("U0BOB"))?.deleted, true);
      assert.equal((await refused(client.users.info({ user: "U0NOBODY" }))).error, "user_not_found");
      assert.deepEqual((await client.usergroups.users.list({ usergroup: "S0DBA" })).users, ["U0BOB"]);
      assert.equal((await refused(client.usergroups.users.list({ usergroup: "S0NONE" }))).error, "no_such_subteam");
    });
  });
});

describe("the Web API: messages", () => {
  it("posts, threads, updates and deletes", async () => {
    await inAcme(async ({ workspace }, client) => {
      const metadata = { event_type: "request", event_payload: { id: "BG-7K3M2Q" } };
      const root = await client.chat.postMessage({ channel: "C0INCIDENTS", text: "root", blocks: [divider], metadata });
      const ts = root.ts ?? "";
      const reply = await client.chat.postMessage({ channel: "C0INCIDENTS", text: "reply", thread_ts: ts });
      assert.match(ts, /^\d{10}\.\d{6}$/);
      const thread = await client.conversations.replies({ channel: "C0INCIDENTS", ts, include_all_metadata: true });
      assert.deepEqual(
        thread.messages?.map(({ text }) => text),
        ["root", "reply"],
      );
      assert.deepEqual(thread.messages[0]?.metadata, metadata);
      assert.equal(thread.messages[0].reply_count, 1);
      const listed = await client.conversations.history({ channel: "C0INCIDENTS" });
      assert.deepEqual(
        listed.messages?.map(({ text }) => text),
        ["root"],
      );
      assert.equal(listed.messages[0]?.metadata, undefined, "metadata is told only when asked for");

      await client.chat.update({ channel: "C0INCIDENTS", ts, text: "changed" });
      const [kept] = workspace.messages("C0INCIDENTS");
      assert.equal(kept?.text, "changed");
      assert.equal(kept.blocks?.length, 1, "blocks that are not sent stay");
      assert.deepEqual(kept.metadata, metadata);
      await client.chat.update({ channel: "C0INCIDENTS", ts, text: "bare", blocks: [] });
      assert.deepEqual(workspace.messages("C0INCIDENTS")[0]?.blocks, []);

      await client.chat.delete({ channel: "C0INCIDENTS", ts });
      assert.equal(workspace.messages("C0INCIDENTS")[0]?.subtype, "tombstone", "replies still hang on it");
      await client.chat.delete({ channel: "C0INCIDENTS", ts: reply.ts ?? "" });
      assert.equal(workspace.thread("C0INCIDENTS", ts).length, 1);
    });
  });

  it("posts into public channels from outside, and to a person by their id", async () => {
    await inAcme(async ({ workspace }, client) => {
      await client.chat.postMessage({ channel: "C0GENERAL", text: "from outside" });
      assert.equal((await refused(client.conversations.history({ channel: "C0GENERAL" }))).error, "not_in_channel");
      const sent = await client.chat.postMessage({ channel: "U0ALICE", text: "hello" });
      const opened = await client.conversations.open({ users: "U0ALICE" });
      assert.equal(opened.channel?.id, sent.channel);
      assert.equal(workspace.messages(sent.channel ?? "")[0]?.text, "hello");
      const { channel: direct } = await client.conversations.info({ channel: sent.channel ?? "" });
      assert.equal((direct as { user?: string }).user, "U0ALICE");
    });
  });

  it("refuses what Slack refuses", async () => {
    await inAcme(async ({ workspace }, client) => {
      const post = async (args: object) => (await refused(client.apiCall("chat.postMessage", { ...args }))).error;
      assert.equal(await post({ channel: "C0NOWHERE", text: "x" }), "channel_not_found");
      assert.equal(await post({ channel: "C0SECRET", text: "x" }), "channel_not_found", "private, without the bot");
      assert.equal(await post({ channel: "C0OLD", text: "x" }), "is_archived");
      assert.equal(await post({ text: "x" }), "invalid_arguments");
      assert.equal(await post({ channel: "C0GENERAL" }), "no_text");
      assert.equal(await post({ channel: "C0GENERAL", text: "", blocks: [] }), "no_text");
      assert.equal(await post({ channel: "C0GENERAL", text: "x".repeat(40_001) }), "msg_too_long");
      assert.equal(await post({ channel: "C0GENERAL", text: "x", blocks: "{" }), "invalid_blocks_format");
      assert.equal(
        await post({ channel: "C0GENERAL", text: "x", metadata: { event_type: 1 } }),
        "invalid_metadata_format",
      );
      assert.equal(
        await post({ channel: "C0GENERAL", text: "x", attachments: [{ text: "y" }] }),
        "invalid_attachments",
      );
      assert.equal(await post({ channel: "C0GENERAL", text: "x", thread_ts: "1700000000.000001" }), "thread_not_found");
      const wrong = await refused(
        client.apiCall("chat.postMessage", { channel: "C0GENERAL", blocks: [{ type: "nonsense" }] }),
      );
      assert.equal(wrong.error, "invalid_blocks");
      assert.match(wrong.messages.join(), /unsupported type \[json-pointer:\/blocks\/0\/type\]/);
      assert.equal(workspace.messages("C0GENERAL").length, 0, "nothing refused was posted");
    });
  });

  it("refuses a thread on a reply, and changes to what is not the bot's own", async () => {
    await inAcme(async ({ workspace }, client) => {
      const channel = "C0INCIDENTS";
      const root = workspace.as("U0ALICE").say(channel, "mine");
      const reply = await client.chat.postMessage({ channel, text: "reply", thread_ts: root.ts });
      const threaded = client.chat.postMessage({ channel, text: "x", thread_ts: reply.ts ?? "" });
      assert.equal((await refused(threaded)).error, "thread_not_found");
      const update = async (args: object) => (await refused(client.apiCall("chat.update", { channel, ...args }))).error;
      assert.equal(await update({ ts: root.ts, text: "x" }), "cant_update_message");
      assert.equal(await update({ ts: "1700000000.000001", text: "x" }), "message_not_found");
      assert.equal(await update({ ts: reply.ts }), "no_text");
      assert.equal(await update({ ts: reply.ts, text: "x".repeat(4001) }), "msg_too_long");
      assert.equal((await refused(client.chat.delete({ channel, ts: root.ts }))).error, "cant_delete_message");
      assert.equal(
        (await refused(client.conversations.replies({ channel, ts: "1.000001" }))).error,
        "thread_not_found",
      );
    });
  });

  it("shows an ephemeral message to one person, and lists it nowhere", async () => {
    await inAcme(async ({ workspace }, client) => {
      const channel = "C0INCIDENTS";
      const { message_ts = "" } = await client.chat.postEphemeral({ channel, user: "U0ALICE", text: "for you" });
      assert.deepEqual(
        workspace
          .as("U0ALICE")
          .ephemerals()
          .map(({ text }) => text),
        ["for you"],
      );
      assert.equal(workspace.visibleTo("U0ALICE").messages[channel]?.[0]?.ephemeral, true);
      assert.deepEqual(workspace.visibleTo("U0BOB").messages[channel], []);
      assert.deepEqual((await client.conversations.history({ channel })).messages, []);
      assert.equal(
        (await refused(client.chat.update({ channel, ts: message_ts, text: "x" }))).error,
        "message_not_found",
      );
      const absent = client.chat.postEphemeral({ channel, user: "U0GUEST", text: "x" });
      assert.equal((await refused(absent)).error, "user_not_in_channel");
    });
  });
});

describe("the Web API: conversations", () => {
  it("lists, pages and hides private channels without the bot", async () => {
    await inAcme(async (_, client) => {
      const types = "public_channel,private_channel";
      const first = await client.conversations.list({ types, limit: 2 });
      const cursor = first.response_metadata?.next_cursor ?? "";
      const second = await client.conversations.list({ types, limit: 2, cursor });
      const ids = [...(first.channels ?? []), ...(second.channels ?? [])].map(({ id }) => id);
      assert.deepEqual(ids, ["C0GENERAL", "C0INCIDENTS", "C0APPROVALS", "C0OLD"]);
      assert.equal((await refused(client.conversations.list({ types: "nonsense" }))).error, "invalid_types");
      assert.equal((await refused(client.conversations.list({ cursor: "nonsense" }))).error, "invalid_cursor");
      assert.equal((await refused(client.conversations.info({ channel: "C0SECRET" }))).error, "channel_not_found");
      assert.equal((await client.conversations.info({ channel: "C0APPROVALS" })).channel?.is_private, true);
      const { members } = await client.conversations.members({ channel: "C0APPROVALS" });
      assert.deepEqual(members, ["U0BOB", "U0CAROL", BOT]);
    });
  });

  it("opens a direct conversation only with people who can be written to", async () => {
    await inAcme(async (_, client) => {
      const open = async (args: object) => (await refused(client.apiCall("conversations.open", { ...args }))).error;
      assert.equal(await open({}), "users_list_not_supplied");
      assert.equal(await open({ users: "U0NOBODY" }), "user_not_found");
      assert.equal(await open({ users: "U0GONE" }), "user_disabled");
      assert.equal(await open({ users: BOT }), "cannot_dm_bot");
    });
  });
});
