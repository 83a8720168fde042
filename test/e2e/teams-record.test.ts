import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { idIn } from "../support/stage.ts";
import { T_ALICE, T_CAROL, T_ERIN, T_INC_42 } from "../support/teams/seed.ts";
import { openTeamsStage, type TeamsStage } from "../support/teams/teams-stage.ts";
import { readable } from "../support/teams/teamwork.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database (production)
    ${yaml}
    roles:
      reader:
        grant: {}
        requesters: [sre]
        approval: automatic
        duration: { default: 15m, max: 30m }
        review: { by: [leads], due: 4h }
`;

describe("a request's record in Teams", () => {
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

  it("is said to be made on the server, to whoever may see it and clicks, and put nowhere", async () => {
    const alice = stage.teams.as(T_ALICE);
    await alice.mention(T_INC_42, "request db reader INC-42 look");
    const id = idIn(readable(await stage.direct(T_ALICE, /access is on/)));
    await alice.mention(T_INC_42, `end ${id}`);
    await stage.line(T_INC_42, id, /^Review by /);
    const root = await stage.message(T_INC_42, new RegExp(`⚪ ${id}[\\s\\S]*\\[Record\\]`));

    for (const person of [T_ALICE, T_CAROL]) {
      const shown = await stage.teams.as(person).click(root, "Record");
      assert.match(
        shown.text,
        new RegExp(
          `^Teams lets no bot put a file into a channel\\. .* breakglass record ${id} --out ${id}-record\\.html`,
        ),
      );
    }
    const refused = await stage.teams.as(T_ERIN).click(root, "Record");
    assert.match(refused.text, new RegExp(`^The record of ${id} is for those who have to do with it`));
    assert.ok(stage.thread(T_INC_42, id).every((line) => !line.includes("breakglass record")));
  });
});
