import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Slack } from "../../../src/demo/slack/start-slack.ts";
import type { View } from "../../../src/demo/slack/workspace/views.ts";
import { clientOf } from "./acme.ts";
import { form } from "./bolt-bot.ts";
import { withBot } from "./raw-bot.ts";
import type { Got } from "./raw-bot.ts";

/** What the bot answers next: a JSON body, nothing, or an HTTP status. */
type Answer = object | number | null;

const TROUBLE = "We had some trouble connecting. Try again?";
const filledIn = { target: "orders-db", why: "INC-42 orders stuck" };

async function submitted(
  answer: Answer,
  check: (slack: Slack, problem: string | null, got: Got[]) => void,
): Promise<void> {
  await withBot(
    (response) => {
      if (typeof answer === "number") response.writeHead(answer).end();
      else response.setHeader("content-type", "application/json").end(answer === null ? "" : JSON.stringify(answer));
    },
    async (slack, got) => {
      const trigger_id = slack.workspace.triggers.issue("U0ALICE");
      await clientOf(slack).views.open({ trigger_id, view: { ...form(false), private_metadata: "BG-7K3M2Q" } });
      const alice = slack.workspace.as("U0ALICE");
      const { problem } = await alice.submit(alice.view() ?? assert.fail("no view"), filledIn);
      check(slack, problem, got);
    },
  );
}

const titles = (slack: Slack): string[] => slack.workspace.views("U0ALICE").map((view: View) => view.title.text);
const named = (title: string) => ({ ...form(false), title: { type: "plain_text", text: title } });

describe("a submission", () => {
  it("carries the value of every input, and the view's own data", async () => {
    await submitted(null, (_, problem, got) => {
      assert.equal(problem, null);
      const payload = JSON.parse(new URLSearchParams(got[0]?.body).get("payload") ?? "") as {
        type: string;
        team: { id: string };
        api_app_id: string;
        view: { callback_id: string; private_metadata: string; state: { values: unknown } };
      };
      assert.deepEqual(
        [payload.type, payload.team.id, payload.api_app_id],
        ["view_submission", "T0ACME", "A0BREAKGLASS"],
      );
      assert.deepEqual([payload.view.callback_id, payload.view.private_metadata], ["ask", "BG-7K3M2Q"]);
      const option = { text: { type: "plain_text", text: "orders-db" }, value: "orders-db" };
      assert.deepEqual(payload.view.state.values, {
        target: { target: { type: "external_select", selected_option: option } },
        why: { why: { type: "plain_text_input", value: "INC-42 orders stuck" } },
      });
    });
  });

  it("closes, redraws, stacks or clears the modal, as the ack says", async () => {
    const after = async (answer: Answer, expected: string[]): Promise<void> =>
      submitted(answer, (slack) => {
        assert.deepEqual(titles(slack), expected);
      });
    await after(null, []);
    await after({}, []);
    await after({ response_action: "clear" }, []);
    await after({ response_action: "update", view: named("Second") }, ["Second"]);
    await after({ response_action: "push", view: named("Second") }, ["Ask for access", "Second"]);
  });

  it("shows trouble when the bot fails or its ack makes no sense", async () => {
    const troubled = async (answer: Answer, expected: string | RegExp): Promise<void> =>
      submitted(answer, (slack, problem) => {
        assert.match(problem ?? "", new RegExp(expected));
        assert.equal(slack.workspace.as("U0ALICE").view()?.trouble, TROUBLE);
      });
    await troubled(500, "http_service_error");
    await troubled({ response_action: "shout" }, "invalid_response");
    await troubled({ response_action: "errors", errors: { nowhere: "x" } }, "invalid_errors");
    await troubled(
      { response_action: "update", view: named("a title that is far too long") },
      /less than 25 characters/,
    );
  });
});

describe("a click that the bot fails to answer", () => {
  it("is told by Slackbot to that person alone", async () => {
    await withBot(
      (response) => response.writeHead(500).end(),
      async (slack) => {
        const text = { type: "plain_text" as const, text: "Approve" };
        const elements = [{ type: "button" as const, action_id: "approve", text, value: "BG-7K3M2Q" }];
        const sent = { channel: "C0INCIDENTS", text: "card", blocks: [{ type: "actions" as const, elements }] };
        await clientOf(slack).chat.postMessage(sent);
        const [card] = slack.workspace.messages("C0INCIDENTS");
        assert.ok(card);
        const bob = slack.workspace.as("U0BOB");
        assert.equal((await bob.click(card, { text: "Approve" })).problem, "http_service_error");
        assert.match(bob.ephemerals()[0]?.text ?? "", /^Approve failed with the error "http_service_error"$/);
        assert.deepEqual(slack.workspace.as("U0ALICE").ephemerals(), []);
        await assert.rejects(bob.click(card, { text: "Deny" }), /no element fits .* there are: Approve/);
      },
    );
  });
});
