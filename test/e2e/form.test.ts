import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { placedElements } from "../../src/demo/slack/block-kit/state.ts";
import { choicesOf } from "../../src/demo/slack/block-kit/elements.ts";
import type { View } from "../../src/demo/slack/workspace/views.ts";
import { ALICE, APPROVALS, BOB, CAROL, GINA, INC_42, MALLORY } from "../support/acme.ts";
import { click, type } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { idIn, openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const targets = ({ yaml }: CommandTarget) => `
  orders-db:
    title: Orders database (production)
    ${yaml}
    roles:
      reader:
        title: read everything
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 30m, max: 1h }
      writer:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 15m, max: 30m }
  queue:
    title: Message queue
    ${yaml}
    roles:
      purger:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 20m, max: 45m }
  vault:
    title: The vault
    ${yaml}
    roles:
      keeper:
        grant: {}
        requesters: [leads]
        deny: [dba]
        approval: { approvers: [sre] }
        duration: { default: 5m, max: 5m }
`;

/** What a menu of the form offers, by its values. */
function choices(view: View, action: string): string[] {
  const found = placedElements(view.blocks).find(({ actionId }) => actionId === action);
  assert.ok(found?.element.type === "static_select", `there is no menu ${action}`);
  return choicesOf(found.element).map(({ value }) => value);
}

/** What a menu or input of the form holds. */
function held(view: View, action: string): unknown {
  const values = Object.values(view.values).find((block) => action in block)?.[action];
  return values?.["value"] ?? (values?.["selected_option"] as { value: string } | undefined)?.value;
}

describe("the form", () => {
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({ targets: targets(target), slack: UNHURRIED });
  });

  after(async () => {
    await stage.stop();
    await target.remove();
  });

  async function opened(user: string, channel?: string): Promise<View> {
    const person = stage.slack.workspace.as(user);
    const before = person.view();
    if (before !== null) await person.closeView(before);
    const { problem, ms } = await person.command("/breakglass", "", channel === undefined ? {} : { channel });
    assert.equal(problem, null);
    assert.ok(ms < 1_000, `the ack took ${ms} ms`);
    // What isn't looked up at once comes into the form a moment later.
    const isFilled = (view: View) => !stage.slack.workspace.readable(view).includes("Looking up");
    return await until(() => [person.view()].find((view) => view !== null && isFilled(view)) ?? undefined, "a form");
  }

  it("offers only what this person may ask for", async () => {
    assert.deepEqual(choices(await opened(ALICE), "target"), ["orders-db", "queue"]);
    assert.deepEqual(choices(await opened(CAROL), "target"), ["vault"]);
  });

  it("lets roles follow the target, and durations the role, up to its max", async () => {
    const alice = stage.slack.workspace.as(ALICE);
    const form = await opened(ALICE);
    assert.deepEqual(choices(form, "role"), ["reader", "writer"]);
    assert.deepEqual(choices(form, "duration"), ["5m", "10m", "15m", "30m", "1h"]);
    assert.equal(held(form, "duration"), "30m");

    await alice.clickIn(form, { action_id: "role", choose: "writer" });
    const asWriter = await until(() => changed(alice.view(), form), "the writer's durations");
    assert.deepEqual(choices(asWriter, "duration"), ["5m", "10m", "15m", "30m"]);
    assert.equal(held(asWriter, "duration"), "15m");

    await alice.clickIn(asWriter, { action_id: "target", choose: "queue" });
    const forQueue = await until(() => changed(alice.view(), asWriter), "the queue's roles");
    assert.deepEqual(choices(forQueue, "role"), ["purger"]);
    assert.deepEqual(choices(forQueue, "duration"), ["5m", "10m", "15m", "20m", "30m", "45m"]);
    assert.equal(held(forQueue, "target"), "queue");
  });

  it("needs a justification: Slack's own form holds an empty one back, and one of blanks is an error on the field", async () => {
    const alice = stage.slack.workspace.as(ALICE);
    const form = await opened(ALICE);
    assert.match((await alice.submit(form)).problem ?? "", /complete this required field/);
    const { problem } = await alice.submit(form, { justification: "\u200b \u200b" });
    assert.equal(problem, null);
    assert.match(alice.view()?.errors["justification"] ?? "", /needs a justification.*INC-42/);
  });

  it("makes a request, with a private receipt, a card and a thread where it was typed", async () => {
    const alice = stage.slack.workspace.as(ALICE);
    const form = await opened(ALICE, INC_42);
    const { problem } = await alice.submit(form, { justification: "INC-42 orders stuck", duration: "10m" });
    assert.equal(problem, null);
    assert.equal(alice.view(), null);
    const receipt = stage.readable(await stage.direct(ALICE, /waiting for approval/));
    const id = idIn(receipt);
    assert.match(receipt, /read everything|reader on Orders database \(production\) \(orders-db\) for 10 min/);
    await stage.message(APPROVALS, new RegExp(id));
    await stage.line(
      INC_42,
      id,
      /^Alice Ng asked for reader on orders-db for 10 min: "INC-42 orders stuck"\. It takes 1 of leads\.$/,
    );
  });

  it("says on its field what can't be asked for again while it is open", async () => {
    const alice = stage.slack.workspace.as(ALICE);
    await alice.submit(await opened(ALICE), { justification: "once more" });
    assert.match(alice.view()?.errors["role.orders-db"] ?? "", /already asked for this: BG-.* is still open.*withdraw/);
  });

  it("makes one request of a submission that is delivered twice", async () => {
    const alice = stage.slack.workspace.as(ALICE);
    const form = await opened(ALICE);
    await alice.clickIn(form, { action_id: "target", choose: "queue" });
    const { raw } = await alice.submit(await until(() => changed(alice.view(), form), "the queue's roles"), {
      justification: "delivered twice",
    });
    assert.ok(raw);
    await stage.direct(ALICE, /purger/);
    const again = await stage.slack.workspace.delivery.resend(raw, { "x-slack-retry-num": "1" });
    assert.deepEqual([again.status, again.body], [200, null]);
    const { text } = await type(stage, ALICE, "status");
    assert.equal(text.match(/purger/g)?.length, 1);
    const { workspace } = stage.slack;
    const receipts = workspace.messages(workspace.dm(ALICE).id).map(stage.readable);
    assert.equal(receipts.filter((shown) => shown.includes("purger")).length, 1);
  });

  for (const [who, user, why] of [
    ["a member whom the policy doesn't know", MALLORY, /policy does not know you.*U0MALLORY/],
    ["a guest whom it knows", GINA, /can do nothing here: it is a guest's/],
  ] as const) {
    it(`is a refusal for ${who}`, async () => {
      const form = await opened(user);
      assert.match(stage.slack.workspace.readable(form), why);
      assert.equal(form.submit, undefined);
      assert.deepEqual(placedElements(form.blocks), []);
    });
  }

  it("P10: who names no approver whose account can approve nothing", async () => {
    assert.match((await type(stage, CAROL, "who vault")).text, /keeper takes 1 of Alice Ng, Bob Ortiz$/m);
  });

  it("opens by Ask again filled in, and the new request names the earlier one and goes on in its channel", async () => {
    const alice = stage.slack.workspace.as(ALICE);
    const { text: receipt } = await type(stage, ALICE, "orders-db writer 7m first try");
    const earlier = idIn(receipt);
    await type(stage, ALICE, `end ${earlier}`);
    const root = await stage.message(INC_42, new RegExp(`${earlier}.*withdrawn`));
    const bob = stage.slack.workspace.as(BOB);
    await bob.click(root, { text: "Ask again" });
    const refused = await until(() => bob.view() ?? undefined, "a form");
    assert.match(
      stage.slack.workspace.readable(refused),
      new RegExp(`Only the requester of ${earlier} can ask for it again.*/breakglass opens a form of your own`),
    );
    await alice.click(root, { text: "Ask again" });
    const form = await until(() => alice.view() ?? undefined, "a form");
    assert.match(stage.slack.workspace.readable(form), new RegExp(`Again: what you had with ${earlier}`));
    assert.deepEqual(
      ["target", "role", "duration", "justification"].map((action) => held(form, action)),
      ["orders-db", "writer", "7m", "first try"],
    );
    await alice.submit(form, { justification: "second try" });
    const id = idIn(stage.readable(await stage.direct(ALICE, /writer on Orders/)));
    assert.notEqual(id, earlier);
    await stage.line(INC_42, id, new RegExp(`second try.*It follows ${earlier}\\.$`));

    // Who may ask for it no longer isn't led to something else.
    const policyFile = join(stage.dir, "policy.yaml");
    const policy = await readFile(policyFile, "utf8");
    await writeFile(policyFile, policy.replace(/(writer:\s+grant: \{\}\s+requesters: )\[sre\]/, "$1[leads]"));
    await until(async () => {
      await alice.click(root, { text: "Ask again" });
      const view = alice.view();
      const said = view === null ? "" : stage.slack.workspace.readable(view);
      return /You may not ask for "writer" on orders-db\..*You may ask for/.test(said) ? said : undefined;
    }, "the refusal");
    await writeFile(policyFile, policy);
  });

  it("is answered with what to do when Slack doesn't open it", async () => {
    stage.slack.faults.next("views.open", { error: "internal_error" });
    assert.match((await type(stage, ALICE, "")).text, /did not open the form.*one line/);
    const card = await stage.message(APPROVALS, /reader/);
    stage.slack.faults.next("views.open", { error: "expired_trigger_id" });
    assert.match((await click(stage, CAROL, card, { text: "Deny" })).text, /did not open the form.*Try again/);
  });

  it("is answered also where the connection of the answer broke", async () => {
    const card = await stage.message(APPROVALS, /reader/);
    stage.slack.faults.next("views.open", { error: "expired_trigger_id" });
    stage.slack.faults.next("response_url", { breakOff: true });
    assert.match((await click(stage, CAROL, card, { text: "Deny" })).text, /did not open the form/);
  });
});

function changed(view: View | null, before: View): View | undefined {
  return view === null || view.hash === before.hash ? undefined : view;
}
