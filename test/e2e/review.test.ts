import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ALICE, BOB, CAROL, DAVE, INC_42, SECURITY } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const HOUR = 3_600_000;

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      reader:
        grant: {}
        requesters: [sre]
        approval: automatic
        duration: { default: 10m, max: 30m }
        review: { by: [leads], due: 4h, gate: true }
`;

describe("a review, from the end of access to what came of it", () => {
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

  it("is called for, overdue, holds the team up, is submitted, and leaves a follow-up until that is done", async () => {
    const id = await ask(stage, ALICE, "db reader INC-42 look");
    await stage.line(INC_42, id, /^Access is on/);
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^Review by @(Bob Ortiz|Carol Diaz), due /);
    const root = await stage.message(INC_42, new RegExp(`⚪ ${id}[\\s\\S]*\\[Review\\]`));

    const view = async (user: string) => {
      const person = stage.slack.workspace.as(user);
      assert.equal((await person.click(root, { text: "Review" })).problem, null);
      return await until(() => person.view() ?? undefined, "the review's form");
    };
    const own = await click(stage, ALICE, root, { text: "Review" });
    assert.match(own.text, /Nobody reviews their own access/);
    assert.match((await click(stage, DAVE, root, { text: "Review" })).text, /You are not a reviewer/);

    const mine = await Promise.all([BOB, CAROL].map(async (person) => (await type(stage, person, "status")).text));
    assert.equal(mine.filter((text) => text.includes("Waiting for your review:") && text.includes(id)).length, 1);

    clock.advance(5 * HOUR);
    await stage.line(INC_42, id, /^🔴 The review was due /);
    await stage.message(SECURITY, new RegExp(`${id}: 🔴 The review was due`));
    assert.match(
      (await type(stage, ALICE, "db reader INC-43 look")).text,
      new RegExp(`The review of ${id} is overdue`),
    );

    const carol = stage.slack.workspace.as(CAROL);
    const { problem } = await carol.submit(await view(CAROL), {
      ...{ use: "emergency", needed: "no", duration: "right", scope: "right", prevention: "A dashboard." },
      ...{ "what-1": "build it", "owner-1": "alice", "due-1": "2027-12-01" },
    });
    assert.equal(problem, null);
    assert.equal(carol.view(), null);
    await stage.line(
      INC_42,
      id,
      /^Reviewed by Carol Diaz: an emergency; it was not needed; the time was right, the scope right\. It would be unnecessary with: "A dashboard\."\. To be done: build it \(Alice Ng, until 2027-12-01\)\.$/,
    );
    await ask(stage, ALICE, "db reader INC-44 look");

    const open = await type(stage, ALICE, "followups");
    assert.match(open.text, new RegExp(`To be done:[\\s\\S]*${id} 1: build it \\(Alice Ng, until 2027-12-01\\)`));
    assert.match((await type(stage, ALICE, `followups done ${id} 1`)).text, /Recorded/);
    await stage.line(INC_42, id, /^Alice Ng says it is done: build it\.$/);
  });
});
