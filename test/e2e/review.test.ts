import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
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
  let tracker: Server;
  const sent: string[] = [];

  before(async () => {
    target = await commandTarget();
    tracker = createServer((request, response) => {
      void text(request).then((body) => {
        sent.push(body);
        response.end();
      });
    });
    tracker.listen(0, "127.0.0.1");
    await once(tracker, "listening");
    const env = {
      FOLLOW_UP_WEBHOOK_URL: `http://127.0.0.1:${(tracker.address() as AddressInfo).port}/`,
      FOLLOW_UP_WEBHOOK_SECRET: `whsec_${"c2VjcmV0".repeat(4)}`,
    };
    const slack = { ...UNHURRIED, now: clock.now };
    stage = await openStage({ targets: targets(target), now: clock.now, slack, env });
  });

  after(async () => {
    await stage.stop();
    await target.remove();
    tracker.closeAllConnections();
    tracker.close();
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
    clock.advance(5_000);
    await stage.line(INC_42, id, /^Sent to the tracker: build it\.$/);
    assert.equal(sent.length, 1);
    assert.match(
      sent[0] ?? "",
      new RegExp(`"id":"${id}-1".*"what":"build it","owner":{"person":"alice","name":"Alice Ng"`),
    );
    await ask(stage, ALICE, "db reader INC-44 look");

    const open = await type(stage, ALICE, "followups");
    assert.match(open.text, new RegExp(`To be done:[\\s\\S]*${id} 1: build it \\(Alice Ng, until 2027-12-01\\)`));
    assert.match((await type(stage, ALICE, `followups done ${id} 1`)).text, /Recorded/);
    await stage.line(INC_42, id, /^Alice Ng says it is done: build it\.$/);
  });
});
