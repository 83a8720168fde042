import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ALICE, APPROVALS, BOB, CAROL, INC_42 } from "../support/acme.ts";
import { type } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { logKept } from "../support/kept-log.ts";
import { packed } from "../support/naughty-strings.ts";
import { idIn, openStage, UNHURRIED, type Stage } from "../support/stage.ts";
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

const REFUSED = /justification has \d+ characters\. Keep it under 1000|needs a justification/;

/** Our own markup: a date, or an approver who is called. */
const OURS = /^<(!date\^\d+\^[^<>|^]*\|[^<>|]*|@U0CAROL|@U0BOB)>$/;

describe("naughty strings, as justification and as reason", () => {
  const kept = logKept();
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({ targets: targets(target), slack: UNHURRIED, log: kept.log });
  });

  after(async () => {
    await stage.stop();
    await target.remove();
  });

  /** Denies what waits, through the form. @returns what stands on its field, if it was refused */
  async function deny(id: string, reason: string): Promise<string | undefined> {
    const carol = stage.slack.workspace.as(CAROL);
    await carol.click(await stage.message(APPROVALS, new RegExp(id)), { text: "Deny" });
    const form = await until(() => carol.view() ?? undefined, "a form");
    const forged = { change: withText("reason", reason) };
    assert.equal((await carol.submit(form, { reason: "short" }, forged)).problem, null);
    const error = carol.view()?.errors["reason"];
    if (error !== undefined) await carol.closeView(form);
    return error;
  }

  it("each is taken as text, by command or by form, or refused plainly", async () => {
    const chunks = packed(900);
    assert.ok(chunks.length > 15, `only ${chunks.length} chunks`);
    for (const [index, chunk] of chunks.entries()) {
      const id =
        index % 3 === 2 ? await byForm(chunk) : idIn((await type(stage, ALICE, `db writer 15m ${chunk}`)).text);
      assert.equal(await deny(id, chunk), undefined);
      await stage.line(INC_42, id, /^Carol Diaz denied: "/);
    }
  });

  async function byForm(justification: string): Promise<string> {
    const alice = stage.slack.workspace.as(ALICE);
    const before = stage.slack.workspace.messages(alice.dm().id).length;
    await alice.command("/breakglass", "", { channel: INC_42 });
    const form = await until(() => alice.view() ?? undefined, "a form");
    assert.equal((await alice.submit(form, { justification })).problem, null);
    assert.equal(alice.view(), null, JSON.stringify(alice.view()?.errors));
    return await until(() => {
      const shown = stage.slack.workspace.messages(alice.dm().id).slice(before).map(stage.readable);
      return shown.map((text) => /BG-\w{6} · waiting/.exec(text)?.[0].slice(0, 9)).find((id) => id !== undefined);
    }, "a receipt");
  }

  for (const [what, text, taken] of [
    ["ten thousand letters", "a".repeat(10_000), false],
    ["ten thousand that grow when they are escaped", "&<>`".repeat(2_500), false],
    ["as many as are taken that grow when they are escaped", "&<>`".repeat(247), true],
    ["ten thousand of two units each", "💥".repeat(5_000), false],
    ["half a character at the limit", `${"a".repeat(499)}💥`, true],
    ["half characters", "\ud83d orders \udca5", true],
    ["nothing that can be seen", "\u200b\u2060\ufeff", false],
  ] as const) {
    it(`${what}: ${taken ? "taken" : "refused plainly"}, and nothing half done`, async () => {
      const answer = await type(stage, BOB, `db writer ${text}`);
      assert.match(answer.text, taken ? /Recorded/ : REFUSED);
      if (taken) await type(stage, BOB, "end");

      const { text: asked } = await type(stage, ALICE, "db writer to be denied");
      const error = await deny(idIn(asked), text);
      if (error === undefined) await stage.line(INC_42, idIn(asked), /^Carol Diaz denied: "/);
      else {
        assert.match(error, /denial needs a reason/);
        await type(stage, ALICE, "end");
      }

      const alice = stage.slack.workspace.as(ALICE);
      await alice.command("/breakglass", "", { channel: INC_42 });
      const form = await until(() => alice.view() ?? undefined, "a form");
      await alice.submit(form, { justification: "short" }, { change: withText("justification", text) });
      if (taken) {
        assert.equal(alice.view(), null);
        await type(stage, ALICE, "end");
      } else {
        assert.match(alice.view()?.errors["justification"] ?? "", REFUSED);
        await alice.closeView(form);
      }
    });
  }

  it("went through as Slack takes it, called nobody, made no link, and broke nothing", () => {
    const { calls, workspace } = stage.slack;
    const refused = calls.list().filter(({ answer }) => answer["ok"] !== true);
    assert.deepEqual(refused, []);
    const said = [
      ...calls.list().map(({ args }) => JSON.stringify(args)),
      ...[ALICE, BOB, CAROL].flatMap((user) => workspace.ephemerals(user).map((message) => JSON.stringify(message))),
    ];
    assert.ok(said.length > 300, `only ${said.length} messages`);
    const markup = said.flatMap((text) => text.match(/<[^<>]*>?/g) ?? []);
    assert.deepEqual([...new Set(markup.filter((each) => !OURS.test(each)))], []);
    for (const text of said) {
      // Control characters and half characters stand in JSON as escapes; backslashes that were typed come in pairs.
      assert.doesNotMatch(
        text,
        /[\u202a-\u202e\u2066-\u2069\u200b\u2028\u2029]|(?<!\\)(\\\\)*\\u(00[0189]|007f|d[89a-f])/iu,
      );
      assert.doesNotMatch(text, /\\n\s*(•|(>|&gt;) quoted|🔴 BG-7K3M2Q)/u, "a line was forged");
    }
    const asked = calls.list("chat.postMessage").map(({ args }) => args);
    // With these Slack would make a call of a mere @channel, and a picture of whatever is behind an address.
    assert.ok(asked.every((args) => args["link_names"] === undefined && args["parse"] === undefined));
    assert.ok(
      asked.every((args) => String(args["unfurl_links"]) === "false" && String(args["unfurl_media"]) === "false"),
    );
    assert.deepEqual(
      kept.lines().filter((line) => /INTERNAL|a listener failed|a call failed/.test(line)),
      [],
    );
  });
});

/** A submission with a text that Slack's own form would have held back. */
function withText(field: string, value: string) {
  return (payload: Record<string, unknown>): Record<string, unknown> => {
    const view = payload["view"] as { state: { values: Record<string, Record<string, object>> } };
    const input = view.state.values[field]?.[field];
    const values = { ...view.state.values, [field]: { [field]: { ...input, value } } };
    return { ...payload, view: { ...view, state: { values } } };
  };
}
