import assert from "node:assert/strict";
import { request } from "node:http";
import { describe, it } from "node:test";
import type { Express } from "express";
import type { SeenMessage, Snapshot } from "../../../src/demo/slack/workspace/snapshot.ts";
import type { Slack } from "../../../src/demo/slack/start-slack.ts";
import { inAcme } from "./acme.ts";
import { startHttpBot } from "./bolt-bot.ts";

type Outcome = { status: number; ok?: boolean; problem?: string | null; error?: string };

async function post(slack: Slack, path: string, body: object, headers: object = {}): Promise<Outcome> {
  const answer = await fetch(`${slack.url}/workspace/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, ...((await answer.json()) as object) };
}

async function seenBy(slack: Slack, as: string): Promise<Snapshot> {
  return (await (await fetch(`${slack.url}/workspace?as=${as}`)).json()) as Snapshot;
}

/** A GET with headers that fetch would not let a page set. */
async function statusOf(slack: Slack, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${slack.url}/workspace?as=U0ALICE`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

const withBot = async (work: (slack: Slack) => Promise<void>): Promise<void> =>
  inAcme(async (slack) => {
    const bot = await startHttpBot(slack);
    try {
      await work(slack);
    } finally {
      await bot.stop();
    }
  });

describe("the page's snapshot", () => {
  it("holds what this person may see, and nothing else", async () => {
    await inAcme(async (slack, client) => {
      await client.chat.postMessage({ channel: "C0APPROVALS", text: "for approvers" });
      await client.chat.postMessage({ channel: "U0ALICE", text: "for Alice" });
      await client.chat.postEphemeral({ channel: "C0GENERAL", user: "U0BOB", text: "for Bob" });
      const root = slack.workspace.as("U0BOB").say("C0GENERAL", "hi");
      slack.workspace.as("U0ALICE").say("C0GENERAL", "hello", { thread_ts: root.ts });
      const [alice, bob, guest] = [
        await seenBy(slack, "U0ALICE"),
        await seenBy(slack, "U0BOB"),
        await seenBy(slack, "U0GUEST"),
      ];
      assert.deepEqual(alice.team, { id: "T0ACME", name: "Acme" });
      assert.deepEqual([alice.me.real_name, alice.me.title], ["Alice Ng", "SRE"]);
      assert.deepEqual(
        alice.channels.map(({ name }) => name),
        ["general", "incidents", "secret", "old"],
      );
      assert.deepEqual(
        bob.channels.map(({ name }) => name),
        ["general", "incidents", "approvals", "old"],
      );
      assert.deepEqual(guest.channels, []);
      assert.deepEqual(
        alice.dms.map((one) => one.with),
        ["U0BREAKGLASS"],
      );
      assert.deepEqual(bob.dms, []);
      const texts = (seen: Snapshot, channel: string): string[] =>
        (seen.messages[channel] ?? []).map(({ text }) => text);
      assert.deepEqual(texts(alice, "C0GENERAL"), ["hi", "hello"]);
      assert.deepEqual(texts(bob, "C0GENERAL"), ["for Bob", "hi", "hello"]);
      assert.deepEqual(texts(bob, "C0APPROVALS"), ["for approvers"]);
      const [first, second] = alice.messages["C0GENERAL"] ?? [];
      assert.deepEqual([first?.user, first?.reply_count, second?.thread_ts], ["U0BOB", 1, root.ts]);
      assert.equal((alice.messages[alice.dms[0]?.id ?? ""] ?? [])[0]?.bot, "U0BREAKGLASS");
      assert.equal((await fetch(`${slack.url}/workspace?as=U0NOBODY`)).status, 400);
    });
  });

  it("can be fetched only by a page of this address", async () => {
    await inAcme(async (slack) => {
      const { host, port } = new URL(slack.url);
      assert.equal(await statusOf(slack, { host }), 200);
      assert.equal(await statusOf(slack, { host: `localhost:${port}`, origin: `http://localhost:${port}` }), 200);
      assert.equal(await statusOf(slack, { host, origin: "https://evil.test" }), 403);
      assert.equal(await statusOf(slack, { host, origin: "http://localhost:1" }), 403);
      assert.equal(await statusOf(slack, { host, origin: "null" }), 403);
      assert.equal(await statusOf(slack, { host: `evil.test:${port}` }), 403, "a name bent to point here");
      const said = { as: "U0ALICE", channel: "C0GENERAL", text: "x" };
      assert.equal((await post(slack, "message", said, { origin: "https://evil.test" })).status, 403);
      assert.deepEqual(slack.workspace.messages("C0GENERAL"), []);
    });
  });

  it("announces each change with a new version", async () => {
    await inAcme(async (slack) => {
      const stop = new AbortController();
      const answer = await fetch(`${slack.url}/workspace/events?as=U0ALICE`, { signal: stop.signal });
      assert.match(answer.headers.get("content-type") ?? "", /text\/event-stream/);
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
      const next = async (): Promise<string> => (await reader?.read())?.value ?? "";
      assert.equal(await next(), 'data: {"version":0}\n\n');
      slack.workspace.as("U0BOB").say("C0APPROVALS", "Alice doesn't see this");
      slack.workspace.as("U0BOB").say("C0GENERAL", "but this");
      assert.equal(await next(), 'data: {"version":1}\n\n');
      assert.equal((await seenBy(slack, "U0ALICE")).version, 1);
      stop.abort();
    });
  });
});

describe("what the page does", () => {
  it("goes the whole way: command, click, menu, submit", async () => {
    await withBot(async (slack) => {
      const { workspace } = slack;
      const command = { as: "U0ALICE", channel: "C0GENERAL", text: "/breakglass form" };
      assert.deepEqual(await post(slack, "command", command), { status: 200, ok: true, problem: null });
      const view = await workspace.waitFor(() => workspace.visibleTo("U0ALICE").view);
      assert.deepEqual([view.title, view.submit, view.close, view.depth], ["Ask for access", "Ask", "Cancel", 1]);
      const at = { as: "U0ALICE", view_id: view.id };
      await post(slack, "view-action", {
        ...at,
        block_id: "target",
        action_id: "target",
        selected_option: "orders-db",
      });
      await workspace.waitFor(() => workspace.visibleTo("U0ALICE").view?.blocks.length === 3);
      const early = await post(slack, "submit", { ...at, values: { role: { role: "reader" } } });
      assert.equal(early.problem, "Please complete this required field.");
      assert.deepEqual(Object.keys((await seenBy(slack, "U0ALICE")).view?.errors ?? {}), ["why"]);
      await post(slack, "submit", { ...at, values: { why: { why: "INC-42" } } });
      assert.equal((await seenBy(slack, "U0ALICE")).view, null);
      const said = await workspace.waitFor(() => workspace.messages("C0INCIDENTS")[0]);
      assert.match(said.text, /reader: INC-42/);

      await post(slack, "command", { ...command, text: "/breakglass x" });
      const card = await workspace.waitFor(
        (): SeenMessage | undefined => workspace.visibleTo("U0BOB").messages["C0APPROVALS"]?.[0],
      );
      const click = {
        as: "U0BOB",
        channel: "C0APPROVALS",
        ts: card.ts,
        block_id: "decide",
        action_id: "deny",
        value: "BG",
      };
      assert.equal((await post(slack, "click", click)).ok, true);
      const form = await workspace.waitFor(() => workspace.visibleTo("U0BOB").view);
      assert.equal((await post(slack, "close", { as: "U0BOB", view_id: form.id })).ok, true);
      assert.equal(workspace.visibleTo("U0BOB").view, null);
    });
  });

  it("is told what was wrong", async () => {
    await withBot(async (slack) => {
      const wrong = async (path: string, body: object): Promise<string> => {
        const { status, error } = await post(slack, path, body);
        assert.equal(status, 400);
        return error ?? "";
      };
      assert.match(await wrong("command", { as: "U0ALICE", channel: "C0GENERAL", text: "no slash" }), /text/);
      assert.match(
        await wrong("command", { as: "U0ALICE", channel: "C0APPROVALS", text: "/x" }),
        /can't see the channel/,
      );
      assert.match(
        await wrong("click", { as: "U0ALICE", channel: "C0GENERAL", ts: "1.1", action_id: "x" }),
        /no message/,
      );
      assert.match(await wrong("submit", { as: "U0ALICE", view_id: "V0NONE" }), /is not open/);
      assert.match(await wrong("message", { as: "U0ALICE", channel: "C0GENERAL", text: "x", colour: "red" }), /colour/);
      assert.match(await wrong("message", { as: "U0GUEST", channel: "C0GENERAL", text: "x" }), /can't see/);
    });
  });

  it("stands beside the demo's own routes, under the same guard", async () => {
    const mount = (app: Express): void => {
      app.get("/", (_, response) => {
        response.send("the page");
      });
    };
    await inAcme(
      async ({ url }) => {
        assert.equal(await (await fetch(`${url}/`)).text(), "the page");
        assert.equal((await fetch(`${url}/`, { headers: { origin: "https://evil.test" } })).status, 403);
      },
      { mount },
    );
  });
});
