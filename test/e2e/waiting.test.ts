import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { placedElements } from "../../src/demo/slack/block-kit/state.ts";
import { ALICE, APPROVALS, BOB, CAROL, DAVE, INC_42, SECURITY } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";

const MINUTE = 60_000;

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval:
          approvers: [leads]
          escalate: [{ after: 5m, to: [dba] }]
          lapse: 30m
        duration: { default: 15m, max: 30m }
      admin:
        grant: {}
        requesters: [sre]
        approval:
          approvers: [leads]
          lapse: 30m
          emergency: { after: 10m, max: 5m }
        duration: { default: 20m, max: 30m }
`;

describe("what happens while nobody decides", () => {
  const clock = testClock();
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({ targets: targets(target), now: clock.now, slack: { ...UNHURRIED, now: clock.now } });
  });

  after(async () => {
    await stage.stop();
    await target.remove();
  });

  it("the next group is called under the card, and may approve from then on", async () => {
    const id = await ask(stage, ALICE, "db writer INC-42 stuck");
    const card = await stage.message(APPROVALS, new RegExp(id));
    assert.match(stage.readable(card), /Calling @Carol Diaz @Bob Ortiz/);
    assert.match(stage.readable(card), /Takes: 1 of leads$/m);
    const early = await click(stage, DAVE, card, { text: "Approve" });
    assert.match(early.text, new RegExp(`You are not an approver of ${id}\\. It takes 1 of leads\\.`));

    clock.advance(5 * MINUTE);
    await stage.line(INC_42, id, /^No decision after 5 min.*: called dba \(Dave Poe\)\.$/);
    const called = await stage.message(APPROVALS, new RegExp(`No decision yet on ${id}: calling dba @Dave Poe`));
    assert.equal(called.thread_ts, card.ts);
    await stage.message(APPROVALS, new RegExp(`${id}[\\s\\S]*Takes: 1 of leads, dba`));

    await click(stage, DAVE, card, { text: "Approve" });
    await stage.line(INC_42, id, /^Dave Poe approved\.$/);
    await stage.line(INC_42, id, /^Access is on/);
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /Gone, and checked/);
  });

  it("it lapses, for everyone to see; a late click is told so", async () => {
    const id = await ask(stage, BOB, "db writer going nowhere");
    const card = await stage.message(APPROVALS, new RegExp(id));
    clock.advance(30 * MINUTE);
    await stage.line(INC_42, id, /^Nobody decided within 30 min: the request lapsed\.$/);
    await stage.direct(BOB, new RegExp(`${id} · lapsed[\\s\\S]*\\[Ask again\\]`));
    const turned = await stage.message(APPROVALS, new RegExp(`${id}[\\s\\S]*Nobody decided within 30 min`));
    assert.doesNotMatch(stage.readable(turned), /\[Approve\]/);
    const late = await click(stage, CAROL, card, { text: "Approve" });
    assert.match(late.text, /already decided\. Nobody decided in time, so it lapsed\./);
    assert.deepEqual(await target.granted(), []);
  });

  it("the requester may go ahead alone, once policy allows it: asked once more, loud, and shorter", async () => {
    const { text } = await type(stage, ALICE, "db admin 20m the house is on fire");
    assert.match(text, /If nobody decides within 10 min, you may go ahead alone/);
    const id = /BG-\w{6}/.exec(text)?.[0] ?? "";
    const receipt = await stage.ephemeral(ALICE, new RegExp(id));
    assert.doesNotMatch(text, /\[Break glass\]/);

    const forged = { change: withAction("break-glass") };
    const early = await click(stage, ALICE, receipt, { text: "Withdraw" }, forged);
    assert.match(early.text, /The emergency path opens in 10 min\. Until then, call an approver/);

    clock.advance(10 * MINUTE);
    await stage.line(INC_42, id, /policy now lets Alice Ng go ahead alone, for at most 5 min\.$/);
    const offer = await stage.direct(ALICE, new RegExp(`${id}[\\s\\S]*\\[Break glass\\]`));
    const button = placedElements(offer.blocks ?? []).find(({ actionId }) => actionId === "break-glass");
    assert.ok(button?.element.type === "button" && button.element.confirm !== undefined, "it must ask once more");
    assert.match(button.element.confirm.text.text, /without an approval.*security channel is paged/);

    const card = await stage.message(APPROVALS, new RegExp(id));
    for (const other of [CAROL, BOB]) {
      const refused = await click(stage, other, card, { text: "Approve" }, forged);
      assert.match(refused.text, new RegExp(`Only the requester of ${id} can do this`));
    }

    const before = clock.now();
    const done = await click(stage, ALICE, offer, { text: "Break glass" });
    assert.match(done.text, /Alice Ng broke the glass, and access is/);
    await stage.line(INC_42, id, /^🔴 Alice Ng broke the glass: access without approval, for 5 min\.$/);
    await stage.line(INC_42, id, /^Access is on/);
    const page = await stage.message(SECURITY, new RegExp(id));
    assert.match(page.text, /^<!channel> /);
    assert.match(
      stage.readable(page),
      /Alice Ng broke the glass: admin on Orders database.*for 5 min, without approval/,
    );
    const order = (await target.calls()).findLast(({ action }) => action === "grant");
    const lasts = Date.parse(order?.deadline ?? "") - before;
    assert.ok(lasts > 4.9 * MINUTE && lasts < 5.1 * MINUTE, `it lasts ${lasts} ms`);
    await stage.message(APPROVALS, new RegExp(`🔴 ${id}[\\s\\S]*Alice Ng broke the glass, without approval`));

    clock.advance(5 * MINUTE);
    await stage.line(INC_42, id, /^Gone, and checked: account removed, \d+\.\d s after the deadline\./);
    assert.deepEqual(await target.granted(), []);
  });

  it("an emergency is nobody's where policy has none", async () => {
    const { text } = await type(stage, ALICE, "db writer no emergency here");
    const receipt = await stage.ephemeral(ALICE, new RegExp(/BG-\w{6}/.exec(text)?.[0] ?? "none"));
    const refused = await click(stage, ALICE, receipt, { text: "Withdraw" }, { change: withAction("break-glass") });
    assert.match(refused.text, /The policy has no emergency path for this role\. Call an approver/);
  });
});

/** A click on another button than the one that stands there. */
function withAction(action: string) {
  return (payload: Record<string, unknown>): Record<string, unknown> => ({
    ...payload,
    actions: (payload["actions"] as Record<string, unknown>[]).map((each) => ({ ...each, action_id: action })),
  });
}
