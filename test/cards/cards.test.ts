import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { approvalCard } from "../../src/cards/approval-card.ts";
import type { Card } from "../../src/cards/card.ts";
import { CREDENTIAL, posts } from "../../src/cards/posts.ts";
import { credentialCard, receiptCard } from "../../src/cards/private-cards.ts";
import { rootCard } from "../../src/cards/root-card.ts";
import { CLOCK } from "../../src/domain/people.ts";
import type { RequestState } from "../../src/domain/request.ts";
import type { Text } from "../../src/domain/text.ts";
import { groups, ID, opened, recorded, stateOf, T0, type Happened } from "../domain/given.ts";
import { LIVES, TO_ITS_DEADLINE, WITH_EVERY_TROUBLE } from "../domain/lives.ts";
import { NAUGHTY } from "../domain/naughty.ts";
import { goldenJson } from "../support/golden.ts";

const RECORD = "2nd request this week; the last one (BG-000001, writer on orders-db) ran to its deadline.";

/** A request in each of its phases. */
const PHASES: Readonly<Record<string, RequestState>> = {
  waiting: stateOf(...TO_ITS_DEADLINE.slice(0, 1)),
  "waiting, one of two approved": stateOf(...LIVES["by-two"].slice(0, 2)),
  approved: stateOf(...TO_ITS_DEADLINE.slice(0, 2)),
  active: stateOf(...TO_ITS_DEADLINE.slice(0, 4)),
  "active, by two": stateOf(...LIVES["by-two"]),
  "active, an emergency": stateOf(...WITH_EVERY_TROUBLE.slice(0, 7)),
  "active, approved by policy": stateOf(...LIVES["in-the-budget"]),
  ending: stateOf(...TO_ITS_DEADLINE.slice(0, 7)),
  overdue: stateOf(...WITH_EVERY_TROUBLE.slice(0, 11)),
  ended: stateOf(...TO_ITS_DEADLINE),
  "ended, never given": stateOf(...LIVES.failed),
  denied: stateOf(...LIVES.denied),
  withdrawn: stateOf(...LIVES.withdrawn),
  lapsed: stateOf(...LIVES.lapsed),
};

const drawn = (draw: (state: RequestState) => Card) =>
  Object.fromEntries(Object.entries(PHASES).map(([phase, state]) => [phase, draw(state)]));

/** Every card that only the requester sees in the given lives, by the event that made it. */
function notices(...lives: readonly (readonly Happened[])[]): Record<string, Card> {
  return Object.fromEntries(
    lives.flatMap((life) => {
      const events = recorded(life);
      return posts(ID, events, RECORD).flatMap(({ key, content }): [string, Card][] => {
        const event = events.find(({ seq }) => key === `notice.${seq}`);
        return event !== undefined && "card" in content ? [[event.type, content.card]] : [];
      });
    }),
  );
}

describe("the cards", () => {
  it("the approval card says in each phase what an approver needs, or what was decided", async () => {
    await goldenJson(
      "cards/approval-card.json",
      drawn((state) => approvalCard(state, RECORD)),
    );
  });

  it("the root of the thread says where the request stands", async () => {
    await goldenJson("cards/root-card.json", drawn(rootCard));
  });

  it("the requester is told in person what concerns them alone", async () => {
    const way = { user: "bg_7k3m2q", connect: "psql service=orders user=bg_7k3m2q" };
    const active: RequestState = { ...stateOf(...TO_ITS_DEADLINE.slice(0, 4)), way };
    const open = { ...active, opened: { at: T0 + 40_000, times: 1 } };
    const rotation = { number: 1, attempt: 0, since: T0 + 50_000 };
    const [started, succeeded] = TO_ITS_DEADLINE.slice(2, 4);
    assert.ok(started && succeeded?.event.type === "GrantSucceeded");
    const withoutCredential = { ...succeeded.event, data: { ...succeeded.event.data, credential: false } };
    await goldenJson("cards/private-cards.json", {
      receipt: receiptCard(stateOf(opened())),
      "receipt, approved by policy": receiptCard(stateOf(opened({ target: "status-page", role: "editor" }))),
      credential: credentialCard(active),
      "credential, opened": credentialCard(open),
      "credential, a fresh one being made": credentialCard({ ...open, rotation }),
      "credential, no fresh one": credentialCard({ ...open, rotationProblem: "orders-db can't be reached." }),
      "credential, of a version without a user in it": credentialCard({ ...active, way: undefined }),
      "credential, being ended": credentialCard(stateOf(...TO_ITS_DEADLINE.slice(0, -1))),
      "credential, over": credentialCard(stateOf(...TO_ITS_DEADLINE)),
      ...notices(LIVES.denied, LIVES.lapsed, LIVES.failed, WITH_EVERY_TROUBLE, TO_ITS_DEADLINE),
      ...notices([opened(), ...TO_ITS_DEADLINE.slice(1, 3), { after: 33_000, event: withoutCredential }]),
    });
  });
});

describe("a card", () => {
  it("says of what was held up whether it came later, or never", () => {
    const held: Happened = {
      after: 20,
      event: { type: "GrantHeld", actor: CLOCK, data: { code: "MIRROR_UNWRITABLE", problem: "It can't be written." } },
    };
    const [begun, given] = TO_ITS_DEADLINE.slice(2, 4);
    const [ending, gone] = TO_ITS_DEADLINE.slice(-2);
    assert.ok(begun && given && ending && gone);
    const titleAfter = (...then: readonly Happened[]) =>
      notices([opened(), ...TO_ITS_DEADLINE.slice(1, 2), begun, held, ...then])["GrantHeld"]?.title;
    assert.deepEqual(titleAfter(), [`${ID} · approved, and access can't be given yet`]);
    assert.deepEqual(titleAfter(begun, given), [`${ID} · access could not be given for a while`]);
    assert.deepEqual(titleAfter(ending, gone), [`${ID} · access could not be given`]);
  });

  it("shows the four marks as the design has them, an emergency and an overdue end in red", () => {
    const tones = Object.fromEntries(Object.entries(PHASES).map(([phase, state]) => [phase, rootCard(state).tone]));
    assert.deepEqual(
      [
        tones["waiting"],
        tones["active"],
        tones["active, an emergency"],
        tones["overdue"],
        tones["ended"],
        tones["denied"],
      ],
      ["waiting", "active", "alarm", "alarm", "ended", "ended"],
    );
  });

  it("P7: offers only what can still be done", () => {
    const labels = (draw: (state: RequestState) => Card, phase: string) => {
      const state = PHASES[phase];
      assert.ok(state, phase);
      return draw(state).buttons.map(({ label }) => label);
    };
    const card = (state: RequestState) => approvalCard(state, RECORD);
    assert.deepEqual(labels(card, "waiting"), ["Approve", "Deny"]);
    for (const phase of ["approved", "active"]) assert.deepEqual(labels(card, phase), ["Revoke now"], phase);
    for (const phase of ["ending", "overdue", "ended", "denied", "withdrawn", "lapsed"]) {
      assert.deepEqual(labels(card, phase), [], phase);
    }
    assert.deepEqual(labels(rootCard, "waiting"), ["Withdraw"]);
    assert.deepEqual(labels(rootCard, "active"), ["End now", "Revoke now"]);
    assert.deepEqual(labels(rootCard, "denied"), ["Ask again", "Record"]);
  });

  it("calls a dozen approvers by name at most", () => {
    const many = Array.from({ length: 15 }, (_, index) => `person-${index}`);
    const state = stateOf(opened({}, { groups: groups({ dba: many }) }));
    const [, calling = []] = approvalCard(state, RECORD).small;
    assert.equal(calling.filter((span) => typeof span === "object" && "mention" in span).length, 12);
    assert.equal(calling.at(-1), " and 5 more", "leads are called too");
  });

  it("keeps every naughty justification apart from its own words", () => {
    for (const justification of NAUGHTY.filter((text) => text.trim().length > 3)) {
      const { event } = opened();
      const state = stateOf({ after: 0, event: { ...event, notes: { justification } } });
      for (const { title, facts, text, small } of [rootCard(state), approvalCard(state, RECORD), receiptCard(state)]) {
        const shown: Text[] = [title, ...facts.map((fact) => fact.text), ...text, ...small];
        const own = shown.flat().filter((span) => typeof span === "string" || !("said" in span));
        assert.ok(
          !JSON.stringify(own).includes(JSON.stringify(justification).slice(1, -1)),
          justification.slice(0, 40),
        );
      }
    }
  });
});

describe("P7: a notice to the requester", () => {
  const noticeAfter = (life: readonly Happened[], length: number, title: RegExp) =>
    posts(ID, recorded(life.slice(0, length)), RECORD).flatMap(({ content }) =>
      "card" in content && content.card.title.some((span) => typeof span === "string" && title.test(span))
        ? [content.card]
        : [],
    )[0];

  it("wears the request's mark of now, not the one it was sent with", () => {
    const marks = [6, 8].map((length) => noticeAfter(TO_ITS_DEADLINE, length, / left$/)?.tone);
    assert.deepEqual(marks, ["active", "ended"]);
  });

  it("says as past what no longer holds", () => {
    const [started, succeeded] = TO_ITS_DEADLINE.slice(2, 4);
    assert.ok(started && succeeded?.event.type === "GrantSucceeded");
    const nothingToHandOver = { ...succeeded.event, data: { ...succeeded.event.data, credential: false } };
    const given = [
      ...TO_ITS_DEADLINE.slice(0, 3),
      { ...succeeded, event: nothingToHandOver },
      ...TO_ITS_DEADLINE.slice(4),
    ];
    const said = (life: readonly Happened[], length: number, title: RegExp) =>
      JSON.stringify(noticeAfter(life, length, title) ?? null);
    assert.match(said(given, 6, /access is on/), /You have .* until/);
    assert.match(said(given, 7, /access is being ended/), /It was writer on/);
    assert.match(said(given, 8, /access is over/), /It was writer on/);
    assert.doesNotMatch(said(TO_ITS_DEADLINE, 8, / left$/), /Access ends|can't be extended/);
    assert.match(said(WITH_EVERY_TROUBLE, 4, /nobody had decided by then/), /You could go ahead alone/);
  });

  it("says after a failed grant when it is sure that nothing is left", () => {
    const shown = [3, 4].map((length) => noticeAfter(LIVES.failed, length, /could not be given/));
    assert.deepEqual(
      shown.map((card) => [card?.tone, card?.text.at(-1)]),
      [
        ["alarm", ["It is being made sure that nothing is left there."]],
        ["ended", ["Nothing is left there, and that was checked."]],
      ],
    );
  });
});

describe("P8: the posts of a request", () => {
  const outline = (life: readonly Happened[]) =>
    posts(ID, recorded(life), RECORD).map(({ key, lane, under = "", live }) =>
      [key, lane, under, live ? "live" : ""].join(" ").trim(),
    );

  it("stand in order, each in its lane, under what they answer", () => {
    assert.deepEqual(outline(TO_ITS_DEADLINE), [
      "root incident  live",
      "card approvals  live",
      "line.1 incident root",
      "line.2 incident root",
      "line.4 incident root",
      "line.5 incident root",
      "line.6 incident root",
      "notice.6 private  live",
      "line.7 incident root",
      "line.8 incident root",
      "notice.8 private  live",
      "credential private  live",
    ]);
  });

  it("page the security channel for an emergency and for what is overdue until it is over, and call those it was escalated to", () => {
    const found = outline(WITH_EVERY_TROUBLE);
    assert.deepEqual(
      found.filter((post) => post.startsWith("page.")),
      ["page.4 security", "page.12 security", "page.13 security", "page.14 security"],
    );
    assert.ok(found.includes("call.2 approvals card"));
    assert.deepEqual(
      outline(TO_ITS_DEADLINE).filter((post) => post.includes("security")),
      [],
    );
  });

  it("only grow: what was told once keeps its name and its place", () => {
    for (const life of Object.values<readonly Happened[]>(LIVES)) {
      for (let length = 1; length < life.length; length++) {
        const before = outline(life.slice(0, length)).filter((post) => !post.startsWith("credential"));
        const after = outline(life.slice(0, length + 1)).filter((post) => !post.startsWith("credential"));
        assert.deepEqual(after.slice(0, before.length), before);
      }
    }
  });

  it("have no approval card where policy approves by itself", () => {
    assert.ok(!outline(LIVES["in-the-budget"]).some((post) => post.startsWith("card")));
  });

  it("tell the way in while access is on, and paint it over when it ends", () => {
    const open = (length: number) =>
      posts(ID, recorded(TO_ITS_DEADLINE.slice(0, length)), RECORD).flatMap(({ key, note }) =>
        key === CREDENTIAL ? [note !== true] : [],
      );
    assert.deepEqual([3, 4, 6, 7, 8].map(open), [[], [true], [true], [false], [false]]);
  });

  it("show no way in, and no access that is on, where the target gave it too late", () => {
    const late = posts(ID, recorded(LIVES["given-too-late"]), RECORD);
    assert.ok(late.every(({ key }) => key !== CREDENTIAL));
    assert.doesNotMatch(JSON.stringify(late.filter(({ live }) => !live)), /access is on/i);
  });
});
