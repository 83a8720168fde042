import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { idIn } from "../support/stage.ts";
import { T_ALICE, T_APPROVALS, T_CAROL, T_INC_42, T_INCIDENTS } from "../support/teams/seed.ts";
import { openTeamsStage, type TeamsStage } from "../support/teams/teams-stage.ts";
import { readable } from "../support/teams/teamwork.ts";
import { until } from "../support/until.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database (production)
    ${yaml}
    runbook: https://runbooks.acme.test/db
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 15m, max: 30m }
`;

describe("a request's life in Teams", () => {
  let target: CommandTarget;
  let stage: TeamsStage;

  before(async () => {
    target = await commandTarget();
    stage = await openTeamsStage({ targets: targets(target) });
  });
  after(async () => {
    await stage.stop();
    await target.remove();
  });

  it("stands in one thread, from a mention in a channel to the checked revoke", async () => {
    const alice = stage.teams.as(T_ALICE);
    const carol = stage.teams.as(T_CAROL);
    const { status } = await alice.mention(T_INC_42, "request db writer 3s INC-42 orders stuck");
    assert.equal(status, 200);
    const id = idIn(readable(await stage.direct(T_ALICE, /waiting for approval/)));

    const card = await stage.message(T_APPROVALS, new RegExp(id));
    assert.match(
      readable(card),
      /Who: Alice Ng[\s\S]*Why: INC-42 orders stuck[\s\S]*@Carol Diaz[\s\S]*\[Approve\] \[Deny\]/,
    );
    const shown = await carol.click(card, "Approve");
    assert.match(shown.text, /^Recorded\. BG-.{6}: It was approved by Carol Diaz/);
    assert.doesNotMatch(shown.text, /\[Approve\]/);
    await until(() => (readable(card).includes("Approved by Carol Diaz") ? true : undefined), "the turned card");

    await stage.direct(T_ALICE, /access is on[^]*Open credential/);
    await stage.line(T_INC_42, id, /^Gone, and checked/);
    assert.deepEqual(
      stage
        .thread(T_INC_42, id)
        .map((line) => line.replace(/bg_\w+|\d+ s(?= left)|\d+\.\d s|Ledger .*|until .*/g, "…")),
      [
        'Alice Ng asked for writer on db for 3 s: "INC-42 orders stuck". It takes 1 of leads.',
        "Carol Diaz approved.",
        "Access is on: … at db, …",
        "… left.",
        "Time is up.",
        "Gone, and checked: account removed, … after the deadline. …",
      ],
    );
    assert.deepEqual(stage.thread(T_INCIDENTS, id), []);
  });
});
