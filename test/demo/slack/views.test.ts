import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { WebClient } from "@slack/web-api";
import type { ModalView } from "@slack/web-api";
import { inAcme, refused, stoppedClock } from "./acme.ts";

const modal = (title: string, extra: Partial<ModalView> = {}): ModalView => ({
  type: "modal",
  title: { type: "plain_text", text: title },
  submit: { type: "plain_text", text: "Go" },
  blocks: [
    {
      type: "input",
      block_id: "why",
      label: { type: "plain_text", text: "Why" },
      element: { type: "plain_text_input", action_id: "text" },
    },
  ],
  ...extra,
});

const open = async (client: WebClient, trigger_id: string, view = modal("Ask")): Promise<string> =>
  (await client.views.open({ trigger_id, view })).view?.id ?? "";

describe("triggers", () => {
  it("open a modal once, within three seconds", async () => {
    const clock = stoppedClock();
    await inAcme(
      async ({ workspace }, client) => {
        const used = workspace.triggers.issue("U0ALICE");
        clock.pass(3000);
        await open(client, used);
        assert.equal(workspace.as("U0ALICE").view()?.title.text, "Ask");
        assert.equal((await refused(open(client, used))).error, "exchanged_trigger_id");
        const late = workspace.triggers.issue("U0ALICE");
        clock.pass(3001);
        assert.equal((await refused(open(client, late))).error, "expired_trigger_id");
        assert.equal((await refused(open(client, "123.456.abc"))).error, "invalid_trigger_id");
      },
      { now: clock.now },
    );
  });

  it("are not spent on a view that Slack refuses", async () => {
    await inAcme(async ({ workspace }, client) => {
      const trigger = workspace.triggers.issue("U0ALICE");
      const wrong = await refused(open(client, trigger, modal("a title that is far too long")));
      assert.equal(wrong.error, "invalid_arguments");
      assert.match(wrong.messages.join(), /less than 25 characters \[json-pointer:\/view\/title\/text\]/);
      await open(client, trigger);
    });
  });
});

describe("views", () => {
  it("are updated by id or external id, and guarded by their hash", async () => {
    await inAcme(async ({ workspace }, client) => {
      const trigger_id = workspace.triggers.issue("U0ALICE");
      const opened = await client.views.open({ trigger_id, view: modal("One", { external_id: "mine" }) });
      const { id: view_id = "", hash = "" } = opened.view ?? {};
      await client.views.update({ view_id, hash, view: modal("Two", { external_id: "mine" }) });
      const stale = client.views.update({ view_id, hash, view: modal("Three") });
      assert.equal((await refused(stale)).error, "hash_conflict");
      await client.views.update({ external_id: "mine", view: modal("Four") });
      assert.equal(workspace.as("U0ALICE").view()?.title.text, "Four");
      assert.equal((await refused(client.views.update({ view_id: "V0NONE", view: modal("x") }))).error, "not_found");
    });
  });

  it("stack three high, from a trigger inside a view", async () => {
    await inAcme(async ({ workspace }, client) => {
      const alice = workspace.as("U0ALICE");
      const root = await open(client, workspace.triggers.issue("U0ALICE"));
      const push = async (title: string, viewId: string | null = root): Promise<unknown> =>
        client.views.push({ trigger_id: workspace.triggers.issue("U0ALICE", viewId), view: modal(title) });
      assert.equal((await refused(push("x", null))).error, "not_found", "no view was acted in");
      await push("Two");
      await push("Three");
      assert.equal((await refused(push("Four"))).error, "push_limit_reached");
      assert.deepEqual(
        workspace.views("U0ALICE").map(({ title }) => title.text),
        ["Ask", "Two", "Three"],
      );
      await alice.closeView(alice.view() ?? "");
      assert.equal(alice.view()?.title.text, "Two");
    });
  });

  it("refuse an external id that is open already", async () => {
    await inAcme(async ({ workspace }, client) => {
      const view = modal("One", { external_id: "mine" });
      await open(client, workspace.triggers.issue("U0ALICE"), view);
      const again = open(client, workspace.triggers.issue("U0BOB"), view);
      assert.equal((await refused(again)).error, "duplicate_external_id");
    });
  });
});
