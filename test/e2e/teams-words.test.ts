import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { idIn } from "../support/stage.ts";
import {
  T_ALICE,
  T_APPROVALS,
  T_BOB,
  T_CAROL,
  T_ERIN,
  T_GENERAL,
  T_GINA,
  T_INC_42,
  T_INCIDENTS,
  T_MALLORY,
  T_SECURITY,
} from "../support/teams/seed.ts";
import { openTeamsStage, type TeamsStage } from "../support/teams/teams-stage.ts";
import { chatOf, readable, type TeamsMessage } from "../support/teams/teamwork.ts";
import { until } from "../support/until.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads], emergency: { after: 1s, max: 5m } }
        duration: { default: 15m, max: 30m }
      reader:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads], quorum: 2 }
        duration: { default: 5m, max: 10m }
drills:
  - { target: db, role: reader, person: fire-drill, approver: marshal }
`;

/** What comes unasked, of a request before. */
const NOTICE = / · (access|denied|lapsed|nobody ha[sd] decided)/;

describe("in Teams", () => {
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

  const as = (account: string) => stage.teams.as(account);
  /** Types to the bot alone, and gives the answer. */
  const ask = async (account: string, text: string, changes: object = {}, like = /./): Promise<string> => {
    const before = stage.teams.work.in(chatOf(account)).length;
    assert.equal((await as(account).write(text, changes)).status, 200);
    return await until(
      () =>
        stage.teams.work
          .in(chatOf(account))
          .slice(before)
          .map(readable)
          .find((said) => like.test(said) && !NOTICE.test(said)),
      `an answer to ${text}`,
    );
  };
  const request = async (account: string, text: string) => idIn(await ask(account, text, {}, /Recorded: /));
  const cardOf = async (id: string) => await stage.message(T_APPROVALS, new RegExp(id));
  const turned = async (message: TeamsMessage, pattern: RegExp) =>
    await until(
      () => (pattern.test(readable(message)) ? true : undefined),
      `a card like ${String(pattern)}`,
      () => readable(message),
    );

  it("help, list, who and status answer alone, in the words one types here", async () => {
    assert.match(await ask(T_ALICE, "help"), /@Breakglass request opens a form[\s\S]*@Breakglass db writer 15m/);
    assert.match(await ask(T_ALICE, "list"), /You may ask for:\n@Breakglass db writer Orders database: 15 min/);
    assert.match(
      await ask(T_ALICE, "who db"),
      /Nobody has access to Orders database[\s\S]*writer takes 1 of Carol Diaz/,
    );
    const id = await request(T_ALICE, "request db writer status of it");
    assert.match(await ask(T_ALICE, "status"), new RegExp(`Yours:\\n🟡 ${id}`));
    assert.match(await ask(T_CAROL, "status"), new RegExp(`Waiting for your vote:\\n🟡 ${id}`));
    assert.match(await ask(T_ALICE, "end"), new RegExp(`${id}: It was withdrawn by Alice Ng`));
    assert.match(await ask(T_ALICE, "statsu"), /Did you mean @Breakglass status\?/);
  });

  it("a drill is begun by hand, marked as one, and says what nobody could try", async () => {
    assert.match(await ask(T_CAROL, "drill db"), /You may not begin a drill of reader on db/);
    const id = idIn(await ask(T_ALICE, "drill db", {}, /DRILL · BG-\w+ · it has begun/));
    await stage.message(
      T_INCIDENTS,
      new RegExp(`DRILL · ${id} · Fire drill · reader on Orders database · ended .*passed`),
    );
    await stage.line(T_INCIDENTS, id, /^DRILL · Passed\. 4 of 5 steps/);
    const lines = stage.thread(T_INCIDENTS, id);
    assert.ok(
      lines.every((line) => line.startsWith("DRILL · ")),
      lines.join("\n"),
    );
    assert.match(lines.join("\n"), /Whether it works was not tried: .* no way to use a credential of db \(command\)\./);
    assert.deepEqual(await target.granted(), []);
  });

  it("in a channel the answer goes to whoever asked, and to nobody else", async () => {
    const before = stage.teams.work.in(T_GENERAL).length;
    await as(T_BOB).mention(T_GENERAL, "&nbsp;request db writer 99h too long");
    await stage.direct(T_BOB, /4 d 3 h is too long/);
    assert.equal(stage.teams.work.in(T_GENERAL).length, before + 1);
    await as(T_ERIN).mention(T_GENERAL, "status");
    await stage.message(T_GENERAL, /can't write to you alone/);
  });

  it("what isn't meant for the bot is not heard", async () => {
    const before = stage.teams.work.messages.length;
    await as(T_BOB).mention(T_GENERAL, "request db writer not for the bot", { entities: [] });
    await ask(T_BOB, "status");
    assert.ok(!stage.teams.work.messages.slice(before).some((each) => readable(each).includes("Recorded")));
  });

  it("strangers, guests and whoever no roster knows are refused, by word and by click", async () => {
    assert.match(await ask(T_MALLORY, "request db writer let me in"), /The policy does not know you/);
    assert.match(await ask(T_GINA, "request db writer let me in"), /it is a guest's/);
    const id = await request(T_BOB, "request db writer who may click");
    const card = await cardOf(id);
    assert.match((await as(T_GINA).click(card, "Approve")).text, /it is a guest's[\s\S]*\[Approve\]/);
    assert.match((await as(T_MALLORY).click(card, "Approve")).text, /The policy does not know you/);
    assert.match((await as(T_BOB).click(card, "Approve")).text, /Nobody decides on their own request/);
    const anonymous = { from: { id: "29:x" } };
    assert.match((await as(T_CAROL).click(card, "Approve", anonymous)).text, /Only people of this organisation/);
    assert.match(readable(card), /\[Approve\] \[Deny\]/);
    assert.match(await ask(T_BOB, `end ${id}`), /withdrawn/);
  });

  it("a delivery that comes again changes nothing and says nothing", async () => {
    const again = { id: "1700000009999" };
    const id = await request(T_ALICE, "request db writer said twice");
    await ask(T_ALICE, `end ${id}`);
    const first = idIn(await ask(T_ALICE, "request db writer retried", again));
    const before = stage.teams.work.in(chatOf(T_ALICE)).length;
    await as(T_ALICE).write("request db writer retried", again);
    const card = await cardOf(first);
    const stale = structuredClone(card);
    const click = { id: "f:once" };
    const one = await as(T_CAROL).click(card, "Approve", click);
    assert.match(one.text, /^Recorded/);
    const two = await as(T_CAROL).click(stale, "Approve", click);
    assert.match(two.text, /^🟢[\s\S]*Approved by Carol Diaz/);
    await turned(card, /Approved by Carol Diaz/);
    await stage.line(T_INCIDENTS, first, /^Access is on/);
    const entries = stage.thread(T_INCIDENTS, first).filter((line) => /asked for|approved/.test(line));
    assert.equal(entries.length, 2);
    assert.ok(
      !stage.teams.work
        .in(chatOf(T_ALICE))
        .slice(before)
        .some((each) => readable(each).includes("Recorded: ")),
    );
    assert.match(await ask(T_ALICE, `end ${first}`), /being ended|has ended/);
    await stage.line(T_INCIDENTS, first, /^Gone, and checked/);
  });

  it("a form opens at a button, says in itself what is wrong with it, and makes one request however often it is sent", async () => {
    await as(T_ALICE).mention(T_INC_42, "request");
    const button = await stage.direct(T_ALICE, /Open the form/);
    const form = await as(T_ALICE).open(button, "Open the form");
    assert.ok(form.card);
    assert.match(form.text, /What do you need to get into[\s\S]*For how long\?[\s\S]*Why\?/);
    const values = { what: "db reader", duration: "30m", justification: "INC-42 by form" };
    const wrong = await as(T_ALICE).submit(form.card, values);
    assert.ok(wrong?.card);
    assert.match(wrong.text, /30 min is too long\. This role allows at most 10 min/);
    assert.match(JSON.stringify(wrong.card), /INC-42 by form/);
    const right = { ...values, duration: "10m" };
    assert.equal(await as(T_ALICE).submit(wrong.card, right), undefined);
    assert.equal(await as(T_ALICE).submit(wrong.card, right), undefined);
    const id = idIn(readable(await stage.message(T_APPROVALS, /INC-42 by form/)));
    await stage.direct(T_ALICE, new RegExp(`${id}[\\s\\S]*Recorded: reader`));
    // Its thread stands where the form was asked for.
    await stage.line(T_INC_42, id, /asked for reader on db for 10 min: "INC-42 by form"/);
    assert.equal(
      stage.teams.work.in(T_APPROVALS).filter((each) => readable(each).includes("INC-42 by form")).length,
      1,
    );
    assert.match(await ask(T_ALICE, `end ${id}`), /withdrawn/);
    // What was tampered with changes nothing, and is not given back.
    const typed = { ...right, justification: "x".repeat(100_000), duration: "-5m" };
    const tampered = await as(T_ALICE).submit(wrong.card, { ...typed, form: "another" });
    assert.match(tampered?.text ?? "", /For how long/);
    assert.ok(JSON.stringify(tampered?.card).length < 25_000);
    const length = tampered?.card?.body.find((each) => "id" in each && each.id === "duration");
    assert.equal(length?.type === "Input.ChoiceSet" && length.value, "default");
    for (const changed of [
      { form: "" },
      { form: "f".repeat(101) },
      { after: "a".repeat(101) },
      { duration: "d".repeat(101) },
    ])
      await assert.rejects(as(T_ALICE).submit(wrong.card, { ...right, ...changed }), /the bot answered 400/);
    // The button stands there for as long as the chat does.
    const next = await as(T_ALICE).open(button, "Open the form");
    assert.ok(next.card);
    await as(T_ALICE).submit(next.card, { ...right, justification: "another day, by the same button" });
    const another = idIn(readable(await stage.message(T_APPROVALS, /another day, by the same button/)));
    await stage.line(T_INC_42, another, /another day, by the same button/);
    await stage.direct(T_ALICE, new RegExp(`${another} · waiting for approval`));
    assert.match(await ask(T_ALICE, `end ${another}`), /withdrawn/);
  });

  it("a denial asks why; a stale card answers with the truth; asking again is its requester's", async () => {
    const id = await request(T_ALICE, "request db writer 10m to be denied");
    const card = await cardOf(id);
    const stale = structuredClone(card);
    assert.match((await as(T_ALICE).open(card, "Deny")).text, /Nobody decides on their own request/);
    const dialog = await as(T_CAROL).open(card, "Deny");
    assert.ok(dialog.card);
    const empty = await as(T_CAROL).submit(dialog.card, { reason: "  " });
    assert.match(empty?.text ?? "", /needs? a reason/);
    assert.equal(await as(T_CAROL).submit(dialog.card, { reason: "not *now* <at>everyone</at>" }), undefined);
    await turned(card, /Denied by Carol Diaz: "not \*now\* <at>everyone<\/at>"/);
    const late = await as(T_BOB).click(stale, "Approve");
    assert.match(late.text, /denied by Carol Diaz/);
    assert.doesNotMatch(late.text, /\[Approve\]/);

    const notice = await stage.direct(T_ALICE, new RegExp(`${id} · denied`));
    assert.match((await as(T_BOB).open(notice, "Ask again")).text, /Only the requester/);
    const form = await as(T_ALICE).open(notice, "Ask again");
    assert.ok(form.card);
    assert.match(JSON.stringify(form.card), /"value":"db writer".*"value":"10m".*"value":"to be denied"/);
    await as(T_ALICE).submit(form.card, { what: "db writer", duration: "10m", justification: "once more" });
    const next = idIn(readable(await stage.message(T_APPROVALS, /once more/)));
    await stage.direct(T_ALICE, new RegExp(`${next}[\\s\\S]*Recorded: writer`));
    await stage.line(T_INCIDENTS, next, new RegExp(`"once more".*It follows ${id}`));
    await ask(T_ALICE, `end ${next}`);
  });

  it("breaking the glass and revoking ask back in the card before they count, and security is told", async () => {
    const id = await request(T_BOB, "request db writer nobody answers");
    const offer = await stage.direct(T_BOB, new RegExp(`${id} · nobody has decided yet`));
    assert.match((await as(T_BOB).click(offer, "Break the glass")).text, /broke the glass/);
    await stage.message(T_SECURITY, new RegExp(`^🔔 ${id}: 🔴 Bob Ortiz broke the glass`));
    const card = await cardOf(id);
    await turned(card, /broke the glass, without approval[\s\S]*\[Revoke now\]/);
    await stage.line(T_INCIDENTS, id, /^Access is on/);
    assert.match((await as(T_CAROL).click(card, "Revoke")).text, /^Recorded/);
    await stage.line(T_INCIDENTS, id, /^Gone, and checked/);
    const secret = await stage.direct(T_BOB, new RegExp(`${id} · access is over`));
    assert.ok(secret.edits > 0);
    await reviewed(id);
  });

  /** An emergency is reviewed in any case: in a dialog, by one who had no part in it. */
  async function reviewed(id: string): Promise<void> {
    await stage.line(T_INCIDENTS, id, /^Review by @?(Carol Diaz|Alice Ng), due /);
    const root = await stage.message(T_INCIDENTS, new RegExp(`${id}[\\s\\S]*\\[Review\\]`));
    assert.match((await as(T_BOB).open(root, "Review")).text, /Nobody reviews their own access/);
    const { card: form } = await as(T_CAROL).open(root, "Review");
    assert.ok(form);
    assert.match(readable({ text: "", card: form }), /Bob Ortiz had writer on Orders database/);
    const said = { use: "emergency", needed: "no", duration: "right", scope: "too-wide", "what-1": "ask *sooner*" };
    const again = await as(T_CAROL).submit(form, said);
    assert.match(again?.text ?? "", /What would make it unnecessary\?/);
    assert.match(JSON.stringify(again?.card), /"value":"ask \*sooner\*"/);
    const rest = { prevention: "A second approver.", "owner-1": "bob", "due-1": "2099-12-31" };
    assert.equal(await as(T_CAROL).submit(again?.card ?? form, { ...said, ...rest }), undefined);
    await stage.line(T_INCIDENTS, id, /^Reviewed by Carol Diaz: .*"A second approver\."/);
    assert.match(
      await ask(T_BOB, "followups"),
      new RegExp(`${id} 1: ask \\*sooner\\* \\(Bob Ortiz, until 2099-12-31\\)`),
    );
    assert.match(await ask(T_BOB, `followups done ${id}`), /Recorded: follow-up 1/);
  }

  it("two approvals of one person count once, and those of two decide", async () => {
    const id = await request(T_ALICE, "request db reader takes two");
    const card = await cardOf(id);
    assert.match((await as(T_CAROL).click(card, "Approve")).text, /1 of 2 approvals/);
    assert.match((await as(T_CAROL).click(card, "Approve")).text, /already counted/);
    assert.match((await as(T_BOB).click(card, "Approve")).text, /approved by Carol Diaz and Bob Ortiz/);
    await stage.line(T_INCIDENTS, id, /^Access is on/);
    await as(T_BOB).mention(T_GENERAL, `revoke ${id} wrong database`);
    await stage.line(T_INCIDENTS, id, /^Bob Ortiz revoked it: "wrong database"/);
    await stage.line(T_INCIDENTS, id, /^Gone, and checked/);
  });

  it("whoever never spoke with the bot is reached, also after a restart: where to speak is kept", async () => {
    const id = await request(T_ALICE, "request db writer over a restart");
    await cardOf(id);
    await stage.bot.stop();
    await stage.startAgain();
    const card = await cardOf(id);
    assert.match((await as(T_CAROL).click(card, "Approve")).text, /^Recorded/);
    await stage.direct(T_ALICE, new RegExp(`${id} · access is on`));
    await stage.line(T_INCIDENTS, id, /^Access is on/);
    await ask(T_ALICE, `end ${id}`);
    await stage.line(T_INCIDENTS, id, /^Gone, and checked/);
  });
});
