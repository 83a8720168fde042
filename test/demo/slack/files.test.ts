import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { WebClient } from "@slack/web-api";
import { acme, inAcme, refused } from "./acme.ts";

const BYTES = Buffer.from("<!doctype html><title>record</title>");

async function reserved(client: WebClient, length = BYTES.length): Promise<{ id: string; url: string }> {
  const asked = { filename: "record.html", length, alt_txt: "What it shows" };
  const { file_id: id = "", upload_url: url = "" } = await client.files.getUploadURLExternal(asked);
  return { id, url };
}

const send = async (url: string, body: Buffer | FormData = BYTES) =>
  await fetch(url, { method: "POST", body: body instanceof FormData ? body : new Blob([Uint8Array.from(body)]) });
const share = (client: WebClient, id: string, where: object) =>
  client.files.completeUploadExternal({ files: [{ id, title: "Record" }], initial_comment: "Here.", ...where });

describe("files, as Slack takes them", () => {
  it("are reserved, sent and shared into a thread; the answer tells the file's id alone", async () => {
    await inAcme(async (slack, client) => {
      await client.conversations.join({ channel: "C0GENERAL" });
      const { ts = "" } = await client.chat.postMessage({ channel: "C0GENERAL", text: "root" });
      const { id, url } = await reserved(client);
      assert.equal((await send(url)).status, 200);
      assert.equal(slack.workspace.files.read(id), undefined, "nobody sees it yet");
      const done = await share(client, id, { channel_id: "C0GENERAL", thread_ts: ts });
      assert.deepEqual(done.files, [{ id, title: "Record" }]);
      const { messages = [] } = await client.conversations.replies({ channel: "C0GENERAL", ts });
      assert.deepEqual(
        messages.map(({ text, files = [] }) => [text, files.map(({ name }) => name)]),
        [
          ["root", []],
          ["Here.", ["record.html"]],
        ],
      );
      assert.deepEqual(slack.workspace.files.read(id), BYTES);
    });
  });

  it("are refused where they were not sent whole, are shared twice, or by a person's id", async () => {
    await inAcme(async (_slack, client) => {
      await client.conversations.join({ channel: "C0GENERAL" });
      assert.equal(
        (await refused(client.files.getUploadURLExternal({ filename: "x", length: 0 }))).error,
        "missing_argument",
      );
      const { id, url } = await reserved(client, 3);
      assert.equal((await send(url)).status, 400);
      assert.equal((await refused(share(client, id, { channel_id: "C0GENERAL" }))).error, "file_not_found");
      const form = new FormData();
      form.set("file", new Blob([Uint8Array.from(BYTES)]));
      assert.equal((await send(url, form)).status, 400);
      assert.equal((await send(url.replace(/\w+$/, "guessed"))).status, 400);

      const good = await reserved(client);
      await send(good.url);
      assert.equal((await refused(share(client, good.id, { channel_id: "U0ALICE" }))).error, "invalid_arguments");
      assert.equal((await refused(share(client, good.id, { channel_id: "C0NOWHERE" }))).error, "channel_not_found");
      assert.equal(
        (await refused(share(client, good.id, { channel_id: "C0GENERAL", thread_ts: "1.000000" }))).error,
        "thread_not_found",
      );
      await share(client, good.id, { channel_id: "C0GENERAL" });
      assert.equal((await refused(share(client, good.id, { channel_id: "C0GENERAL" }))).error, "file_not_found");
    });
  });

  it("take a scope of their own, and a channel that the bot is in: writing there needs neither", async () => {
    await inAcme(async (_slack, client) => {
      await client.chat.postMessage({ channel: "C0GENERAL", text: "not a member" });
      const { id, url } = await reserved(client);
      await send(url);
      assert.equal((await refused(share(client, id, { channel_id: "C0GENERAL" }))).error, "not_in_channel");
    });
    await inAcme(
      async (_slack, client) => {
        assert.equal((await refused(reserved(client))).error, "missing_scope");
      },
      { seed: { ...acme, scopes: ["chat:write"] } },
    );
  });

  it("are opened from the page in a room of their own, whatever they say of themselves", async () => {
    await inAcme(async (slack, client) => {
      await client.conversations.join({ channel: "C0GENERAL" });
      const { id, url } = await reserved(client);
      await send(url);
      assert.equal((await fetch(`${slack.url}/workspace/files/${id}/record.html`)).status, 404);
      await share(client, id, { channel_id: "C0GENERAL" });
      const opened = await fetch(`${slack.url}/workspace/files/${id}/record.html`);
      assert.equal(opened.headers.get("content-security-policy"), "sandbox");
      assert.equal(await opened.text(), BYTES.toString());
      const { files } = slack.workspace.visibleTo("U0ALICE").messages["C0GENERAL"]?.at(-1) ?? {};
      assert.deepEqual(files, [{ id, name: "record.html", title: "Record", alt: "What it shows" }]);
    });
  });
});
