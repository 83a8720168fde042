import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ALICE, APPROVALS, BOB, CAROL, DAVE, GINA, INC_42, MALLORY } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      reader:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 30m, max: 1h }
      writer:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads, dba] }
        duration: { default: 15m, max: 30m }
      owner:
        grant: {}
        requesters: [leads]
        approval: { approvers: [dba] }
        duration: { default: 5m, max: 5m }
`;

describe("what is refused, and what to do instead", () => {
  const clock = testClock();
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({
      targets: targets(target),
      now: clock.now,
      slack: { ...UNHURRIED, now: clock.now },
    });
  });

  after(async () => {
    await stage.stop();
    await target.remove();
  });

  /** Accounts and groups are remembered for a minute at most. */
  const forget = () => {
    clock.advance(61_000);
  };

  const cases: [string, string, RegExp][] = [
    ["an unknown target", "orders writer INC-42", /no target "orders"\. You may ask for: db reader or db writer\./],
    [
      "a role that isn't there",
      "db root INC-42",
      /may not ask for "root" on db\. You may ask for: db reader or db writer\./,
    ],
    [
      "a role of others",
      "db owner INC-42",
      /may not ask for "owner" on db\. You may ask for: db reader or db writer\./,
    ],
    ["no role", "db", /Which role, and why\? For instance: \/breakglass orders-db writer 15m INC-42/],
    [
      "too long a time",
      "db writer 31m INC-42",
      /31 min is too long\. This role allows at most 30 min; without a duration it is 15 min\./,
    ],
    [
      "a time in two words",
      "db writer 5 minutes INC-42",
      /"5 minutes" is not a duration\. Write .* in one word, such as 45s/,
    ],
    ["a time that is none", "db writer 15x INC-42", /"15x" is not a duration\. Write a number and a unit/],
    ["no justification", "db writer 15m", /needs a justification\. Say in a few words why, for instance: INC-42/],
    [
      "too much of it",
      `db writer 15m ${"why ".repeat(2_500)}`,
      /justification has 9999 characters\. Keep it under 1000/,
    ],
    ["an id that is none", "revoke BG-123 why", /"BG-123" is not a request's id\. An id reads like BG-7K3M2Q/],
    ["an id of nothing", "end BG-ZZZZZZ", /There is no such request\. \/breakglass status shows yours\./],
    ["no id", "revoke", /Which request, and why\? For instance: \/breakglass revoke BG-/],
    ["no target", "who", /Which target\? For instance: \/breakglass who orders-db/],
  ];
  for (const [what, text, why] of cases) {
    it(`${what}: told to that person only`, async () => {
      const posted = stage.slack.calls.list("chat.postMessage").length;
      const answer = await type(stage, ALICE, text);
      assert.match(answer.text, why);
      assert.equal(stage.slack.calls.list("chat.postMessage").length, posted);
    });
  }

  it("a second request for what is still open", async () => {
    const id = await ask(stage, ALICE, "db writer once");
    const again = await type(stage, ALICE, "db writer twice");
    assert.match(
      again.text,
      new RegExp(`already asked for this: ${id} is still open\\. Wait for it, or withdraw it: /breakglass end ${id}`),
    );
    await type(stage, ALICE, `end ${id}`);
  });

  it("one's own approval, whoever else one is", async () => {
    const id = await ask(stage, BOB, "db writer Bob is a lead too");
    const card = await stage.message(APPROVALS, new RegExp(id));
    const refused = await click(stage, BOB, card, { text: "Approve" });
    assert.match(refused.text, /Nobody decides on their own request\. You can withdraw it instead\./);
    assert.match((await click(stage, BOB, card, { text: "Deny" })).text, /Nobody decides on their own request/);
    await type(stage, BOB, `end ${id}`);
  });

  it("an approval by who is no approver, or no longer one", async () => {
    const id = await ask(stage, ALICE, "db reader who decides");
    const card = await stage.message(APPROVALS, new RegExp(id));
    assert.match(
      (await click(stage, DAVE, card, { text: "Approve" })).text,
      /not an approver of BG-\w+\. It takes 1 of leads\./,
    );
    assert.match((await click(stage, MALLORY, card, { text: "Approve" })).text, /policy does not know you/);
    await type(stage, ALICE, `end ${id}`);

    const second = await ask(stage, ALICE, "db writer the group changes");
    const its = await stage.message(APPROVALS, new RegExp(second));
    stage.slack.workspace.people.regroup("S0DBA", []);
    forget();
    assert.match(
      (await click(stage, DAVE, its, { text: "Approve" })).text,
      /not an approver .* It takes 1 of leads, dba\.$/,
    );
    stage.slack.workspace.people.regroup("S0DBA", [DAVE]);
    await type(stage, ALICE, `end ${second}`);
  });

  it("an approval while the group can't be read: it counts as empty", async () => {
    const id = await ask(stage, ALICE, "db writer an unreadable group");
    const card = await stage.message(APPROVALS, new RegExp(id));
    forget();
    stage.slack.faults.next("usergroups.users.list", { error: "internal_error" });
    const refused = await click(stage, DAVE, card, { text: "Approve" });
    assert.match(refused.text, /not an approver .*members of dba could not be read just now; try again in a minute/);
    assert.match(
      (await click(stage, DAVE, card, { text: "Approve" })).text,
      /^Recorded/,
      "a failure must not be remembered",
    );
    await type(stage, ALICE, `end ${id}`);
  });

  it("a request that nobody could approve", async () => {
    forget();
    stage.slack.faults.next("usergroups.users.list", { error: "internal_error" });
    stage.slack.faults.next("usergroups.users.list", { error: "internal_error" });
    assert.match(
      (await type(stage, CAROL, "db owner INC-42")).text,
      /It takes 1 of dba, and without you nobody is there.*dba could not be read\. Try again/,
    );
    stage.slack.faults.clear();
  });

  it("anything while Slack can't say whose account it is", async () => {
    forget();
    const id = await ask(stage, ALICE, "db writer an unknown account");
    const card = await stage.message(APPROVALS, new RegExp(id));
    forget();
    stage.slack.faults.next("users.info", { status: 500 });
    assert.match(
      (await click(stage, CAROL, card, { text: "Approve" })).text,
      /could not say what kind of account yours is\. Try again in a moment/,
    );
    stage.slack.faults.next("users.info", { error: "user_not_found" });
    assert.match((await click(stage, CAROL, card, { text: "Approve" })).text, /could not say what kind of account/);
    assert.equal(stage.thread(INC_42, id).length, 1);
    await type(stage, ALICE, `end ${id}`);
  });

  const unfit = [
    ["a guest", GINA, {}, /it is a guest's/],
    ["deactivated meanwhile", CAROL, { deleted: true }, /it is deactivated/],
    ["a stranger of a shared channel", CAROL, { is_stranger: true }, /another organisation/],
    ["a person's of another workspace", CAROL, { team_id: "T0OTHER" }, /another organisation/],
    ["a bot", CAROL, { is_bot: true }, /it is a bot/],
    ["invited only", CAROL, { is_invited_user: true }, /invitation is not accepted/],
  ] as const;
  for (const [what, user, change, why] of unfit) {
    it(`an approval, and everything else, by an account that is ${what}`, async () => {
      forget();
      const id = await ask(stage, ALICE, `db reader an account that is ${what}`);
      const card = await stage.message(APPROVALS, new RegExp(id));
      const { people, conversations } = stage.slack.workspace;
      conversations.setMember(APPROVALS, user, true);
      conversations.setMember(INC_42, user, true);
      const was = people.find(user) ?? assert.fail("nobody");
      const before = {
        deleted: was.deleted,
        is_bot: was.is_bot,
        is_stranger: was.is_stranger,
        team_id: was.team_id,
        is_invited_user: was.is_invited_user,
      };
      people.change(user, change);
      forget();
      assert.match((await click(stage, user, card, { text: "Approve" })).text, why);
      assert.match((await click(stage, user, card, { text: "Deny" })).text, why);
      assert.match((await type(stage, user, "db reader let me in")).text, why);
      assert.match((await type(stage, user, "status")).text, why);
      people.change(user, before);
      assert.equal(stage.thread(INC_42, id).length, 1);
      forget();
      await type(stage, ALICE, `end ${id}`);
    });
  }
});
