import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { WebClient } from "@slack/web-api";
import type { HomeView, ModalView } from "@slack/web-api";
import { acme, inAcme, refused, stoppedClock } from "./acme.ts";

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

describe("the Home tab", () => {
  const home = (extra: object = {}) =>
    ({ type: "home", blocks: [{ type: "section", text: { type: "mrkdwn", text: "hello" } }], ...extra }) as HomeView;

  it("stands before one person alone, is published anew under the same id, and guarded by its hash", async () => {
    await inAcme(async ({ workspace }, client) => {
      const publish = async (view: HomeView, hash?: string) =>
        await client.views.publish({ user_id: "U0ALICE", view, ...(hash === undefined ? {} : { hash }) });
      const first = (await publish(home())).view;
      const second = (await publish(home({ callback_id: "b" }), first?.hash ?? "")).view;
      assert.equal(second?.id, first?.id);
      assert.equal((await refused(publish(home(), first?.hash))).error, "hash_conflict");
      assert.equal(workspace.visibleTo("U0ALICE").home?.id, first?.id);
      assert.equal(workspace.visibleTo("U0BOB").home, null);
      // A modal's method finds no Home tab.
      const update = client.views.update({ view_id: first?.id ?? "", view: modal("x") });
      assert.equal((await refused(update)).error, "not_found");
    });
  });

  it("is refused as Slack refuses it: a modal's parts, more than 100 blocks, nobody's, or of an app that has none", async () => {
    const publish = async (client: WebClient, view: unknown, user_id = "U0ALICE") =>
      await refused(client.views.publish({ user_id, view: view as HomeView }));
    await inAcme(async (_slack, client) => {
      const [block] = home().blocks;
      const wrong = [
        modal("x"),
        home({ title: { type: "plain_text", text: "x" } }),
        home({ blocks: Array(101).fill(block) }),
      ];
      for (const view of wrong) assert.equal((await publish(client, view)).error, "invalid_arguments");
      assert.match((await publish(client, home(), "U0NOBODY")).messages.join(), /user_id/);
      assert.equal((await publish(client, home({ private_metadata: "x".repeat(250_000) }))).error, "view_too_large");
    });
    await inAcme(
      async (_slack, client) => {
        assert.equal((await publish(client, home())).error, "not_enabled");
      },
      { seed: { ...acme, homeTab: false } },
    );
  });
});
