import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ALICE, APPROVALS, BOB, CAROL, DAVE, INC_42, INCIDENTS } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      viewer:
        grant: {}
        requesters: [sre]
        approval: automatic
        duration: { default: 5m, max: 5m }
      reader:
        grant: {}
        requesters: [sre]
        approval: { automatic: { uses: 2, per: 24h }, quorum: 1, approvers: [leads] }
        duration: { default: 30m, max: 1h }
      writer:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 15m, max: 30m }
      admin:
        grant: {}
        requesters: [sre]
        approval: { quorum: 2, approvers: [leads, dba] }
        duration: { default: 10m, max: 10m }
`;

describe("how a request is decided", () => {
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

  const card = async (id: string) => await stage.message(APPROVALS, new RegExp(id));
  const noCard = (id: string) => {
    assert.ok(
      stage.slack.workspace.messages(APPROVALS).every((message) => !stage.readable(message).includes(id)),
      "policy decided, so there is nothing to approve",
    );
  };

  it("by policy alone, in the same thread", async () => {
    const { text } = await type(stage, ALICE, "db viewer a look at the queue", { channel: INCIDENTS });
    assert.match(text, /approved by policy/);
    const id = /BG-\w{6}/.exec(text)?.[0] ?? "";
    await stage.line(INCIDENTS, id, /Policy approves this by itself\.$/);
    await stage.line(INCIDENTS, id, /^Access is on: bg_\w{6} at db, until/);
    noCard(id);
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INCIDENTS, id, /Gone, and checked/);
  });

  it("by policy within a budget, and then by a human", async () => {
    for (const use of [1, 2]) {
      const id = await ask(stage, ALICE, `db reader look number ${use}`);
      await stage.line(INC_42, id, new RegExp(`Policy approved it by itself \\(${use} of 2 in 1 d\\)\\.$`));
      await stage.line(INC_42, id, /^Access is on/);
      noCard(id);
      await type(stage, ALICE, `end ${id}`);
      await stage.line(INC_42, id, /Gone, and checked/);
    }
    const { text } = await type(stage, ALICE, "db reader look number 3");
    assert.match(text, /waiting for approval[\s\S]*It takes 1 of leads/);
    const id = /BG-\w{6}/.exec(text)?.[0] ?? "";
    await card(id);
    assert.deepEqual(
      (await target.calls()).filter(({ name }) => name?.toUpperCase() === id.replace("-", "_")),
      [],
      "the target was asked before a human decided",
    );
    await ask(stage, BOB, "db reader somebody else's budget is their own");
  });

  it("by two different people where it takes two", async () => {
    const id = await ask(stage, ALICE, "db admin vacuum is stuck");
    const fresh = await card(id);
    assert.match((await click(stage, CAROL, fresh, { text: "Approve" })).text, /It waits: 1 of 2 approvals so far/);
    await stage.line(INC_42, id, /^Carol Diaz approved \(1 of 2\)\.$/);
    await stage.message(APPROVALS, new RegExp(`${id}[\\s\\S]*1 of 2 approved: Carol Diaz`));

    assert.match((await type(stage, DAVE, "status")).text, new RegExp(`Waiting for your vote:[\\s\\S]*${id}`));
    assert.doesNotMatch((await type(stage, CAROL, "status")).text, new RegExp(id), "hers is given");
    const twice = await click(stage, CAROL, fresh, { text: "Approve" });
    assert.match(twice.text, /Your approval is already counted\. It waits: 1 of 2 approvals so far/);

    assert.match((await click(stage, DAVE, await card(id), { text: "Approve" })).text, /Recorded/);
    await stage.line(INC_42, id, /^Dave Poe approved \(2 of 2\)\.$/);
    await stage.line(INC_42, id, /^Access is on/);
    await stage.message(APPROVALS, new RegExp(`${id}[\\s\\S]*Approved by Carol Diaz, Dave Poe, until`));
    assert.equal(stage.thread(INC_42, id).filter((line) => line.includes("approved (")).length, 2);
  });

  it("once, when two approvers click at the same moment; both are told which", async () => {
    const id = await ask(stage, ALICE, "db writer a race of two");
    const fresh = await card(id);
    const answers = await Promise.all([
      click(stage, CAROL, fresh, { text: "Approve" }),
      click(stage, BOB, fresh, { text: "Approve" }),
    ]);
    const texts = answers.map(({ text }) => text).sort();
    const [first = "", second = ""] = texts.sort((one) => (one.startsWith("Recorded") ? -1 : 1));
    assert.match(first, /^Recorded\. BG-\w{6}: It was approved by (Carol Diaz|Bob Ortiz), and access is/);
    assert.match(second, /is already decided\. It was approved by (Carol Diaz|Bob Ortiz), and access is/);
    assert.equal(/approved by ([\w ]+),/.exec(first)?.[1], /approved by ([\w ]+),/.exec(second)?.[1]);
    await stage.line(INC_42, id, /^Access is on/);
    assert.equal(stage.thread(INC_42, id).filter((line) => line.endsWith(" approved.")).length, 1);
    const grants = (await target.calls()).filter(
      ({ action, name }) => action === "grant" && name === id.toLowerCase().replace("-", "_"),
    );
    assert.equal(grants.length, 1);
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /Gone, and checked/);
  });

  it("against it, with a reason that the requester reads; a click on the old card is told by whom", async () => {
    const id = await ask(stage, ALICE, "db writer please");
    const fresh = await card(id);
    const carol = stage.slack.workspace.as(CAROL);
    const bob = stage.slack.workspace.as(BOB);
    await bob.click(fresh, { text: "Deny" });
    const second = await until(() => bob.view() ?? undefined, "a form");
    await carol.click(fresh, { text: "Deny" });
    const form = await until(() => carol.view() ?? undefined, "a form");
    assert.match((await carol.submit(form)).problem ?? "", /required/);
    assert.equal((await carol.submit(form, { reason: "use the reader role" })).problem, null);
    await stage.line(INC_42, id, /^Carol Diaz denied: "use the reader role"\.$/);
    const turned = await stage.message(
      APPROVALS,
      new RegExp(`${id}[\\s\\S]*Denied by Carol Diaz: "use the reader role"`),
    );
    assert.doesNotMatch(stage.readable(turned), /\[Approve\]|\[Deny\]/);
    await stage.direct(ALICE, new RegExp(`${id} · denied[\\s\\S]*"use the reader role"[\\s\\S]*\\[Ask again\\]`));

    const late = await click(stage, BOB, fresh, { text: "Approve" });
    assert.match(late.text, new RegExp(`${id} is already decided\\. It was denied by Carol Diaz\\.`));
    await bob.submit(second, { reason: "me too" });
    assert.match(bob.view()?.errors["reason"] ?? "", /already decided\. It was denied by Carol Diaz/);
    await bob.closeView(second);
    assert.match(
      (await click(stage, BOB, fresh, { text: "Deny" })).text,
      /already decided\. It was denied by Carol Diaz/,
    );
    assert.equal(bob.view(), null, "no form is opened in vain");
    assert.deepEqual(
      await target.granted().then((names) => names.filter((name) => name.includes(id.slice(3).toLowerCase()))),
      [],
    );
  });

  it("by the requester, who withdraws it; nobody else can", async () => {
    const { text } = await type(stage, ALICE, "db writer never mind");
    const id = /BG-\w{6}/.exec(text)?.[0] ?? "";
    const root = await stage.message(INC_42, new RegExp(id));
    assert.match(
      (await click(stage, BOB, root, { text: "Withdraw" })).text,
      /Only the requester.*approvers can deny it/,
    );
    const approval = await stage.message(APPROVALS, new RegExp(id));
    assert.match((await click(stage, ALICE, approval, { text: "Deny" })).text, /Nobody decides on their own request/);
    assert.equal(stage.slack.workspace.as(ALICE).view(), null);
    const receipt = await stage.ephemeral(ALICE, new RegExp(`${id} · waiting`));
    assert.match((await click(stage, ALICE, receipt, { text: "Withdraw" })).text, /It was withdrawn by Alice Ng/);
    await stage.line(INC_42, id, /^Alice Ng withdrew the request\.$/);
    const turned = await stage.message(APPROVALS, new RegExp(`${id}[\\s\\S]*Withdrawn by Alice Ng`));
    assert.doesNotMatch(stage.readable(turned), /\[\w+\]/);
  });
});
