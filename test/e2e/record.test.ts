import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parseCheckpoint } from "../../src/ledger/checkpoint.ts";
import { readOldHeads } from "../../src/ledger/old-heads.ts";
import type { Message } from "../../src/demo/slack/workspace/message.ts";
import { ALICE, BOB, CAROL, DAVE, INC_42 } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

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
        review: { by: [leads], due: 4h }
`;

const filesIn = (messages: readonly Message[]) => messages.flatMap(({ files = [] }) => files);

describe("a request's record in Slack", () => {
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

  /** Access that was given and ended: its request's id, and its root message. */
  async function ended(text: string): Promise<{ id: string; root: Message }> {
    const id = await ask(stage, ALICE, `db reader ${text}`);
    await stage.line(INC_42, id, /^Access is on/);
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^Review by /);
    return { id, root: await stage.message(INC_42, new RegExp(`⚪ ${id}[\\s\\S]*\\[Record\\]`)) };
  }

  async function review(root: Message): Promise<void> {
    const carol = stage.slack.workspace.as(CAROL);
    assert.equal((await carol.click(root, { text: "Review" })).problem, null);
    const view = await until(() => carol.view() ?? undefined, "the review's form");
    const said = { use: "emergency", needed: "yes", duration: "right", scope: "right" };
    assert.equal((await carol.submit(view, said)).problem, null);
  }

  const inThread = (root: Message) => stage.slack.workspace.thread(INC_42, root.ts);
  const shares = () =>
    stage.slack.calls.list("files.completeUploadExternal").filter(({ answer }) => answer["ok"] === true);
  async function record(root: Message): Promise<string> {
    const [file] = await until(
      () => (filesIn(inThread(root)).length > 0 ? filesIn(inThread(root)) : undefined),
      "the record in the thread",
      () => inThread(root).map(stage.readable).join("\n"),
    );
    return stage.slack.workspace.files.read(file?.id ?? "")?.toString("utf8") ?? "";
  }

  it("is put into the thread once it is reviewed, with all entries in a signed checkpoint, and not again", async () => {
    const { id, root } = await ended("INC-42 look");
    assert.deepEqual(filesIn(inThread(root)), []);
    await review(root);
    const html = await record(root);
    assert.match(html, new RegExp(`<h1>${id}</h1>`));
    assert.match(html, /Reviewed by Carol Diaz/);
    const [, count, size] = /All (\d+) entries are among the (\d+) that/.exec(html.replaceAll(/\s+/g, " ")) ?? [];
    const { checkpoints, heads } = readOldHeads(html);
    assert.equal(checkpoints[0]?.size, Number(size));
    assert.equal(heads.filter(({ from }) => from.startsWith("line")).length > Number(count), true);
    const made = shares().length;
    await stage.bot.stop();
    await stage.startAgain();
    await ended("INC-43 look");
    assert.equal(filesIn(inThread(root)).length, 1);
    assert.equal(shares().length, made);
  });

  it("whose answer was lost is found again, and not put there twice", async () => {
    const { id, root } = await ended("INC-44 look");
    stage.slack.faults.next("files.completeUploadExternal", { loseAnswer: true });
    const looked = stage.slack.calls.list("conversations.replies").length;
    await review(root);
    await record(root);
    await stage.line(INC_42, id, /^Reviewed by/);
    await until(() => stage.slack.calls.list("conversations.replies").length > looked || undefined, "a look for it");
    await until(() => stage.slack.calls.list("conversations.replies").at(-1)?.status === 200 || undefined, "its end");
    assert.equal(filesIn(inThread(root)).length, 1);
  });

  it("that comes to nothing half way is made again", async () => {
    for (const fault of ["upload", "files.getUploadURLExternal", "files.completeUploadExternal"]) {
      const { root } = await ended("INC-45 look");
      stage.slack.faults.next(fault, { status: 500 });
      await review(root);
      await record(root);
      assert.equal(filesIn(inThread(root)).length, 1, fault);
    }
  });

  it("that Slack refuses is said to be missing, once, and where it can be had; nothing else waits for it", async () => {
    const { id, root } = await ended("INC-46 look");
    stage.slack.faults.next("files.getUploadURLExternal", { error: "file_uploads_disabled" });
    await review(root);
    await stage.line(INC_42, id, /^Reviewed by/);
    const said = await until(
      () => inThread(root).find(({ text }) => text.includes("could not be put here")),
      "that it could not be put here",
    );
    assert.match(
      stage.readable(said),
      new RegExp(`Slack refused a file: file_uploads_disabled\\. It is made by .*breakglass record ${id}`),
    );
    assert.deepEqual(filesIn(inThread(root)), []);
  });

  it("is given to whoever has to do with it and clicks for it, alone; to nobody else", async () => {
    const { id, root } = await ended("INC-47 look");
    const mine = (user: string) => filesIn(stage.slack.workspace.messages(stage.slack.workspace.dm(user).id));
    const refused = await click(stage, DAVE, root, { text: "Record" });
    assert.match(refused.text, new RegExp(`The record of ${id} is for those who have to do with it`));
    for (const user of [ALICE, BOB]) {
      const given = await click(stage, user, root, { text: "Record" });
      assert.match(given.text, new RegExp(`The record of ${id} is in your direct messages`));
      assert.deepEqual(
        mine(user).map(({ name }) => name),
        [`${id}-record.html`],
      );
    }
    assert.match((await click(stage, ALICE, root, { text: "Record" })).text, /It is on its way/);
    assert.deepEqual(mine(DAVE), []);
    assert.deepEqual(filesIn(inThread(root)), []);
  });

  it("is of the newest checkpoint, which a worker signs when it is wanted", async () => {
    const { root } = await ended("INC-48 look");
    await click(stage, BOB, root, { text: "Record" });
    const [file] = filesIn(stage.slack.workspace.messages(stage.slack.workspace.dm(BOB).id)).slice(-1);
    const html = stage.slack.workspace.files.read(file?.id ?? "")?.toString("utf8") ?? "";
    const [, signed = ""] = /<pre class="note">([^<]*)<\/pre>/.exec(html) ?? [];
    const last = Number(/"seq":(\d+)(?![\s\S]*"seq":)/.exec(html)?.[1] ?? Infinity);
    assert.ok((parseCheckpoint(signed)?.size ?? 0) >= last, `${signed} of ${last}`);
  });
});
