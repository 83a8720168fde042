import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { workspaceSeed } from "../../../src/demo/slack/workspace/seed.ts";
import { acme, inAcme } from "./acme.ts";

describe("a message as a person reads it", () => {
  const at = Date.UTC(2026, 10, 23, 3, 12, 9) / 1000;
  const cases: [string, string][] = [
    ["<@U0ALICE> and <@U0NOBODY|nobody>", "@Alice Ng and @nobody"],
    ["<#C0GENERAL> <#C0GENERAL|old-name>", "#general #general"],
    ["<!subteam^S0DBA> <!here> <!channel|channel>", "@dba @here @channel"],
    ["<https://acme.test/runbook|the runbook>, <https://acme.test>", "the runbook, https://acme.test"],
    [`<!date^${at}^{date_num} {time_secs}|then>`, "2026-11-23 03:12:09"],
    [`<!date^${at}^{date_short} at {time}^https://acme.test|then>`, "Nov 23, 2026 at 03:12"],
    ["<!date^never^{time}|then>", "then"],
    ["*bold* _slanted_ ~gone~ *_both_*", "bold slanted gone both"],
    ["`bg_7k3m2q` at bg_7k3m2q_x, 2 * 3 * 4", "bg_7k3m2q at bg_7k3m2q_x, 2 * 3 * 4"],
    ["`*not bold*` ```_nor slanted_```", "*not bold* _nor slanted_"],
    ["&lt;!channel&gt; &amp;amp; &lt;@U0ALICE&gt;", "<!channel> &amp; <@U0ALICE>"],
  ];
  for (const [text, read] of cases) {
    it(`reads ${JSON.stringify(text)}`, async () => {
      await inAcme(async ({ workspace }) => {
        assert.equal(workspace.readable({ text }), read);
        return Promise.resolve();
      });
    });
  }

  it("shows times in the reader's zone, and blocks rather than text", async () => {
    await inAcme(async ({ workspace }, client) => {
      const blocks = [
        { type: "header" as const, text: { type: "plain_text" as const, text: "Access & more" } },
        { type: "section" as const, text: { type: "mrkdwn" as const, text: `until *<!date^${at}^{time}|x>*` } },
        { type: "context" as const, elements: [{ type: "mrkdwn" as const, text: "by <@U0BOB>" }] },
        { type: "divider" as const },
      ];
      await client.chat.postMessage({ channel: "C0INCIDENTS", text: "for the notification", blocks });
      const [message] = workspace.messages("C0INCIDENTS");
      assert.ok(message);
      assert.equal(workspace.readable(message, "U0ALICE"), "Access & more\nuntil 04:12\nby @Bob Ortiz");
      assert.match(workspace.readable(message, "U0CAROL"), /until 22:12/);
    });
  });
});

describe("the workspace", () => {
  it("refuses a seed with a key it doesn't know", () => {
    assert.throws(() => workspaceSeed.parse({ ...acme, colour: "red" }), /colour/);
  });

  it("waits for what comes, and says what did not", async () => {
    await inAcme(async ({ workspace }) => {
      const soon = workspace.waitFor(() => workspace.messages("C0GENERAL")[0]?.text);
      workspace.as("U0BOB").say("C0GENERAL", "here");
      assert.equal(await soon, "here");
      const never = workspace.waitFor(
        () => {
          assert.equal(workspace.messages("C0GENERAL").length, 2, "two messages");
          return true;
        },
        { within: 50, what: "the second message" },
      );
      await assert.rejects(never, /the second message did not come within 50 ms: two messages/);
    });
  });

  it("hands out copies, so that an old card stays old", async () => {
    await inAcme(async ({ workspace }, client) => {
      const sent = await client.chat.postMessage({ channel: "C0INCIDENTS", text: "before" });
      const [old] = workspace.messages("C0INCIDENTS");
      await client.chat.update({ channel: "C0INCIDENTS", ts: sent.ts ?? "", text: "after" });
      assert.equal(old?.text, "before");
      assert.equal(workspace.messages("C0INCIDENTS")[0]?.text, "after");
    });
  });

  it("lets a person write only where they are", async () => {
    await inAcme(async ({ workspace }) => {
      assert.throws(() => workspace.as("U0BOB").say("C0SECRET", "x"), /can't see/);
      assert.throws(() => workspace.as("U0BOB").say("C0GENERAL", "x", { thread_ts: "1.000001" }), /no thread/);
      assert.throws(() => workspace.as("U0NOBODY"), /no user/);
      workspace.conversations.setMember("C0SECRET", "U0BOB", true);
      workspace.as("U0BOB").say("C0SECRET", "x");
      workspace.people.regroup("S0DBA", ["U0CAROL"]);
      assert.deepEqual(workspace.people.group("S0DBA")?.members, ["U0CAROL"]);
      return Promise.resolve();
    });
  });
});
