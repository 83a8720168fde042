import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ALICE, INC_42, SECURITY } from "../support/acme.ts";
import { ask, type } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: automatic
        duration: { default: 10m, max: 10m }
`;

describe("when a target does not do what it is asked", () => {
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

  const revokes = async (id: string) =>
    (await target.calls()).filter(
      ({ action, name }) => action === "revoke" && name === id.toLowerCase().replace("-", "_"),
    ).length;

  it("a grant that fails is told with its cause, and cleaned up by name", async () => {
    await target.fail("grant", "the disk is full");
    const id = await ask(stage, ALICE, "db writer a full disk");
    await stage.line(
      INC_42,
      id,
      /^🔴 db did not give the access \(TARGET_REFUSED\): .*exit code 1\. It said: the disk is full/,
    );
    await stage.line(INC_42, id, /^Nothing is left there, and that was checked/);
    await stage.direct(
      ALICE,
      new RegExp(`${id} · access could not be given[\\s\\S]*the disk is full[\\s\\S]*\\[Ask again\\]`),
    );
    assert.equal(await revokes(id), 1);
    const root = await stage.message(INC_42, new RegExp(`⚪ ${id} .* no access was given`));
    assert.match(stage.readable(root), /\[Ask again\]/);
    assert.ok(stage.thread(INC_42, id).every((line) => !line.includes("Access is on")));
    await target.mend();
  });

  it("a grant whose outcome is unknown counts as given, and is taken back", async () => {
    await target.hang("grant", { half: true });
    const id = await ask(stage, ALICE, "db writer it hangs half way");
    await until(async () => ((await target.granted()).length === 1 ? true : undefined), "half a grant");
    await stage.line(
      INC_42,
      id,
      /^🔴 It is not known whether db gave the access, so it is taken back \(TARGET_TIMEOUT\)/,
    );
    await stage.line(INC_42, id, /^Nothing is left there, and that was checked: account removed/);
    assert.deepEqual(await target.granted(), []);
    await target.mend();
  });

  it("a revoke that fails is told once, tried again, pages after a minute, shows the commands after five, and ends", async () => {
    const id = await ask(stage, ALICE, "db writer a stuck revoke");
    await stage.line(INC_42, id, /^Access is on/);
    await target.fail("revoke", "the lock is held");
    await type(stage, ALICE, `end ${id}`);
    await stage.line(
      INC_42,
      id,
      /^🔴 Could not end it \(TARGET_REFUSED\): .*the lock is held.* Trying again until it is gone\.$/,
    );
    await stage.message(INC_42, new RegExp(`🔴 ${id} .* overdue, not gone yet`));
    await until(async () => ((await revokes(id)) >= 3 ? true : undefined), "a third try");

    clock.advance(60_000);
    await stage.line(
      INC_42,
      id,
      /^🔴 Overdue by 1 min.*: db may still give access to Alice Ng\. The security channel was told\.$/,
    );
    const page = await stage.message(SECURITY, new RegExp(`${id}.*Overdue by 1 min`));
    assert.match(page.text, /^<!channel>/);
    assert.doesNotMatch(page.text, /The security channel was told/);

    clock.advance(240_000);
    await stage.line(INC_42, id, /^🔴 Overdue by 5 min.*By hand:$/);
    const name = id.toLowerCase().replace("-", "_");
    await stage.line(INC_42, id, new RegExp(`^printf '%s' '\\{"action":"revoke".*"name":"${name}"\\}' \\| '?/bin/sh`));
    await stage.message(SECURITY, new RegExp(`${id}[\\s\\S]*By hand:[\\s\\S]*printf`));
    assert.match((await type(stage, ALICE, "status")).text, new RegExp(`🔴 ${id}.*overdue, not gone yet`));

    await target.mend();
    // A try that was under way when it was mended has failed at its end, and the next one is up to a minute later.
    const minutes = setInterval(() => {
      clock.advance(60_000);
    }, 1_500);
    try {
      await stage.line(INC_42, id, /^Gone, and checked: account removed, \d+ min .*after the end\./);
    } finally {
      clearInterval(minutes);
    }
    const told = stage.thread(INC_42, id).filter((line) => line.includes("Could not end it"));
    assert.equal(told.length, 1);
    await stage.message(INC_42, new RegExp(`⚪ ${id} .* ended`));
  });

  it("a revoke is not believed when the target still has the access", async () => {
    const id = await ask(stage, ALICE, "db writer a target that lies");
    await stage.line(INC_42, id, /^Access is on/);
    await target.lie();
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^🔴 Could not end it \(NOT_GONE\): bg_\w{6} is still at db after the revoke/);
    await target.mend();
    await stage.line(INC_42, id, /^Gone, and checked/);
  });
});
