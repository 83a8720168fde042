import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CredentialPage } from "../../src/demo/open-credential.ts";
import { ALICE, BOB, CAROL, INC_42 } from "../support/acme.ts";
import { ask, type } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { lastLink, openStepUpStage, type StepUpStage } from "../support/step-up.ts";

const targets = ({ yaml }: CommandTarget) => `
  tool:
    title: Admin tool
    ${yaml}
    roles:
      owner:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads], emergency: { after: 1s, max: 5m } }
        duration: { default: 15m, max: 30m }
      user: { grant: {}, requesters: [sre], approval: automatic, duration: { default: 15m, max: 30m } }
`;

describe("a credential whose direct message chat refuses for good", () => {
  let target: CommandTarget;
  let opened: StepUpStage;

  before(async () => {
    target = await commandTarget();
    opened = await openStepUpStage({ targets: targets(target) });
    for (let nth = 0; nth < 500; nth++)
      opened.stage.slack.faults.next("conversations.open", { error: "cannot_dm_bot" });
  });
  after(async () => {
    await opened.stop();
    await target.remove();
  });

  const byCommand = async (id: string) => {
    const { text } = await type(opened.stage, ALICE, `open ${id}`);
    assert.match(text, /Open the page \(for you alone, within 5 minutes, once\)/);
    return new CredentialPage(lastLink(opened.stage, ALICE));
  };

  it("is opened by a command, by its requester alone, and rotated by another", async () => {
    const { stage } = opened;
    const id = await ask(stage, ALICE, "tool user INC-42 orders stuck");
    const line = await stage.line(INC_42, id, /has no credential yet/);
    assert.match(
      line,
      new RegExp(`Until it comes, .?/breakglass open ${id}.? gives them, and nobody else, the way in`),
    );
    for (const other of [BOB, CAROL])
      for (const word of ["open", "rotate"])
        assert.match((await type(stage, other, `${word} ${id}`)).text, /Only the requester of .* can do this/);

    const page = await byCommand(id);
    const first = await page.open();
    assert.match(first.password, /^[0-9a-f]{32}$/);
    await stage.line(INC_42, id, /^Alice Ng opened the credential\.$/);
    assert.match((await type(stage, ALICE, `open ${id}`)).text, /is shown once\. Rotate gives you a fresh one/);

    assert.match((await type(stage, ALICE, `rotate ${id}`)).text, /a fresh credential is being made/);
    await stage.line(INC_42, id, /^A fresh credential waits for Alice Ng/);
    const fresh = await (await byCommand(id)).open();
    assert.notEqual(fresh.password, first.password);

    assert.equal(stage.slack.workspace.messages(stage.slack.workspace.dm(ALICE).id).length, 0);
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^Gone, and checked/);
    assert.match((await type(stage, ALICE, `open ${id}`)).text, /has no access any more/);
  });

  it("nor does going ahead alone hang on a direct message", async () => {
    const { stage } = opened;
    const id = await ask(stage, ALICE, "tool owner INC-42 nobody answers");
    await stage.line(INC_42, id, /policy now lets Alice Ng go ahead alone/);
    assert.match((await type(stage, BOB, `break-glass ${id}`)).text, /Only the requester of .* can do this/);
    assert.match((await type(stage, ALICE, `break-glass ${id}`)).text, /Alice Ng broke the glass/);
    await stage.line(INC_42, id, /^Access is on/);
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^Gone, and checked/);
  });

  it("takes the same key as by its button", async () => {
    const { stage } = opened;
    const alice = await opened.enrolled("alice");
    const id = await ask(stage, ALICE, "tool user INC-42 orders stuck again");
    await stage.line(INC_42, id, /has no credential yet/);
    const page = await byCommand(id);
    assert.match(JSON.stringify((await page.ask()).answer), /STEP_UP_NEEDED/);
    assert.match((await page.open(alice)).password, /^[0-9a-f]{32}$/);
    await stage.line(INC_42, id, /^Alice Ng opened the credential, with a security key\.$/);
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^Gone, and checked/);
  });
});
