import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { T_ALICE, T_APPROVALS, T_CAROL, T_GINA, T_INC_42 } from "../support/teams/seed.ts";
import { openTeamsStage, type TeamsStage } from "../support/teams/teams-stage.ts";
import { chatOf, readable } from "../support/teams/teamwork.ts";
import { until } from "../support/until.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 15m, max: 30m }
`;

describe("the home in Teams", () => {
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

  it("is one card that goes with a request, from adding the app to the end of the access", async () => {
    const [alice, carol] = [stage.teams.as(T_ALICE), stage.teams.as(T_CAROL)];
    assert.equal((await carol.add()).status, 200);
    const hers = await stage.direct(T_CAROL, /You may ask for/);
    await alice.write("home");
    const home = await stage.direct(
      T_ALICE,
      /You have no open request[^]*Orders database · writer\ndb writer · 15 min, at most 30 min\n\[Ask\]/,
    );
    const turns = async (card: typeof home, pattern: RegExp) => {
      await until(
        () => pattern.test(readable(card)) || undefined,
        `a home like ${String(pattern)}`,
        () => readable(card),
      );
    };

    // The button opens the form with what it stands beside.
    const forged = JSON.parse(JSON.stringify(home).replaceAll("db writer", "db owner")) as typeof home;
    assert.match((await alice.open(forged, "Ask")).text, /You may not ask for "owner" on db/);
    const form = await alice.open(home, "Ask");
    assert.ok(form.card);
    await alice.submit(form.card, { what: "db writer", duration: "default", justification: "INC-42 orders stuck" });
    await turns(
      home,
      /writer on Orders database \(db\) · waiting for approval\nBG-.{6} · INC-42 orders stuck\n\[Withdraw\]/,
    );
    await turns(
      hers,
      /Waiting for your vote[^]*Alice Ng · writer on Orders database \(db\) · 15 min[^]*\[Approve\] \[Deny\]/,
    );

    const before = structuredClone(hers);
    const shown = await carol.click(hers, "Approve");
    assert.match(shown.text, /^Recorded\. BG-.{6}: It was approved by Carol Diaz[^]*You may ask for/);
    assert.doesNotMatch(shown.text, /Waiting for your vote/);
    await turns(home, /· until .*\n.*\n\[Open credential\] \[End now\]/);
    // A card that is older than what is recorded answers with the truth.
    assert.match((await carol.click(before, "Approve")).text, /already decided/);

    await alice.click(home, "End now");
    await turns(home, /You have no open request/);
    assert.deepEqual(await target.granted(), []);
  });

  it("says to whoever may do nothing here why, and comes anew each time it is asked for", async () => {
    const gina = stage.teams.as(T_GINA);
    await gina.write("home");
    const first = await stage.direct(T_GINA, /Your account can do nothing here/);
    await gina.write("home");
    await until(
      () =>
        stage.teams.work.in(chatOf(T_GINA)).some(({ id, card }) => card !== undefined && id !== first.id) || undefined,
      "a second card",
    );
    // The older one lives on when it is asked to; a card of a channel never becomes anybody's home.
    assert.match((await gina.click(first, "Refresh")).text, /it is a guest's/);
    const alice = stage.teams.as(T_ALICE);
    await alice.mention(T_INC_42, "request db writer INC-43 again");
    const card = await stage.message(T_APPROVALS, /INC-43 again/);
    const data = { request: "home" };
    const value = { action: { type: "Action.Execute", verb: "home", data }, trigger: "manual" };
    assert.doesNotMatch((await alice.click(card, "Approve", { value })).text, /You may ask for/);
    assert.match(readable(await stage.message(T_APPROVALS, /INC-43 again/)), /\[Approve\]/);
  });
});
