import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ALICE, BOB, CAROL, DAVE, GINA, MALLORY } from "../support/acme.ts";
import { ask } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      writer:
        title: Change orders
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 15m, max: 30m }
        review: { by: [leads] }
      reader:
        grant: {}
        requesters: [sre]
        approval: automatic
        duration: { default: 10m, max: 30m }
`;

describe("the Home tab in Slack", () => {
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

  const published = () => stage.slack.calls.list("views.publish").map(({ args }) => String(args["user_id"]));
  const times = (user: string) => published().filter((each) => each === user).length;
  const person = (user: string) => stage.slack.workspace.as(user);
  const read = (user: string) => {
    const tab = person(user).home();
    return tab === null ? "" : stage.slack.workspace.readable(tab);
  };
  const shows = async (user: string, pattern: RegExp) => {
    await until(
      () => pattern.test(read(user)) || undefined,
      `a home like ${String(pattern)}`,
      () => read(user),
    );
    const tab = person(user).home();
    assert.ok(tab);
    return tab;
  };
  const window = async (user: string, pattern: RegExp) =>
    await until(
      () => {
        const view = person(user).view();
        return view !== null && pattern.test(stage.slack.workspace.readable(view)) ? view : undefined;
      },
      `a window like ${String(pattern)}`,
      () => JSON.stringify(person(user).view()?.blocks),
    );

  it("goes with a request from asking to the review, for everybody whom it concerns, without being opened again", async () => {
    const opened = await person(ALICE).openHome();
    assert.ok(opened.status === 200 && opened.ms < 1_000);
    await Promise.all([person(CAROL).openHome(), person(BOB).openHome()]);
    const first = await shows(
      ALICE,
      /You have no open request[\s\S]*You may ask for[\s\S]*Orders database · Change orders/,
    );
    await shows(CAROL, /The policy lets you ask for nothing/);

    // The button opens the form with what it stands beside.
    const writer = first.blocks.find(
      (block) => block.type === "section" && (block.text?.text ?? "").includes("Change orders"),
    );
    await person(ALICE).clickHome(first, { action_id: "ask", block_id: writer?.block_id ?? "" });
    const form = await window(ALICE, /What do you need to get into/);
    await person(ALICE).submit(form, { justification: "INC-42 orders stuck" });
    await shows(
      ALICE,
      /🟡 Change orders?|🟡 writer on Orders database \(db\) · waiting for approval[\s\S]*INC-42 orders stuck/,
    );
    const waiting = await shows(
      CAROL,
      /Waiting for your vote[\s\S]*Alice Ng · writer on Orders database \(db\) · 15 min/,
    );
    // What waits is hers alone: he votes on it, and has nothing of his own.
    await shows(BOB, /You have no open request[\s\S]*Waiting for your vote/);

    await person(CAROL).clickHome(waiting, { text: "Approve" });
    await window(CAROL, /Recorded\. BG-/);
    const active = await shows(ALICE, /🟢 writer on Orders database \(db\) · until/);
    // What leads to a page is for this person alone, as everywhere.
    await person(ALICE).clickHome(active, { text: "Open credential" });
    await window(ALICE, /Open the page \(for you alone, within 5 minutes, once\)/);
    await until(
      () => (read(BOB).includes("Waiting for your vote") ? undefined : true),
      "Bob's home without it",
      () => read(BOB),
    );

    // A button that no longer holds says so, and what stands there is put right.
    await person(CAROL).clickHome(waiting, { text: "Deny" });
    await window(CAROL, /already decided/);

    await person(ALICE).clickHome(active, { text: "End now" });
    await shows(ALICE, /You have no open request/);
    assert.deepEqual(await target.granted(), []);
    const review = await until(
      () => [BOB, CAROL].find((user) => read(user).includes("Waiting for your review")),
      "a review on somebody's home",
      () => [BOB, CAROL].map(read).join("\n---\n"),
    );
    const tab = person(review).home();
    assert.ok(tab);
    await person(review).clickHome(tab, { text: "Review" });
    await window(review, /Review BG-/);
  });

  it("is not published again where nothing changed, nor to whoever has not opened theirs", async () => {
    const again = async (user: string, since: number) =>
      await until(() => times(user) > since || undefined, `another home of ${user}`);
    const first = times(ALICE);
    await person(ALICE).openHome();
    await again(ALICE, first);
    const [hers, his] = [times(ALICE), times(BOB)];
    await ask(stage, BOB, "db reader INC-43 look");
    await stage.direct(BOB, /access is on/);
    await again(BOB, his);
    assert.equal(times(ALICE), hers);
    assert.ok(!published().includes(DAVE));
  });

  it("says to whoever may do nothing here why, and takes no button's word for what may be asked for", async () => {
    await person(GINA).openHome();
    await shows(GINA, /Your account can do nothing here: it is a guest's/);
    await person(MALLORY).openHome();
    await shows(MALLORY, /The policy does not know you/);
    await person(ALICE).openHome();
    const tab = await shows(ALICE, /You may ask for/);
    const forged = structuredClone(tab);
    for (const block of forged.blocks)
      if (block.type === "section" && block.accessory?.type === "button") block.accessory.value = "db owner";
    const [section] = forged.blocks.filter((block) => block.type === "section" && block.accessory !== undefined);
    await person(ALICE).clickHome(forged, { action_id: "ask", block_id: section?.block_id ?? "" });
    await window(ALICE, /You may not ask for "owner" on db/);
    // The tab of messages is no matter of ours.
    await person(DAVE).openHome("messages");
    await person(MALLORY).openHome();
    await until(() => times(MALLORY) > 1 || undefined, "Mallory's home again");
    assert.equal(person(DAVE).home(), null);
  });
});
