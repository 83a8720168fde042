import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { homeOf, type HomeFacts } from "../../src/cards/home.ts";
import { checkHome } from "../../src/demo/slack/block-kit/check-home.ts";
import { renderHome, SLACK_HOME_LIMITS } from "../../src/slack/render-home.ts";
import { renderHome as renderTeamsHome, TEAMS_HOME_LIMITS } from "../../src/teams/render-home.ts";
import { adaptiveCard } from "../support/teams/adaptive-card.ts";
import type { RequestState } from "../../src/domain/request.ts";
import { approvedBy, granted, MINUTE, opened, stateOf } from "../domain/given.ts";

const LONG = "<!channel> *bold* `code` ".repeat(40);
const waiting = stateOf(opened({ justification: LONG }));
const active = stateOf(opened({ justification: LONG }), approvedBy("carol"), ...granted(15 * MINUTE));
const names = { name: (person: string) => `Somebody by the Name of ${person}`, account: () => undefined };
const offer = (nth: number) => ({
  ...{ target: `target-${nth}`, title: "x".repeat(80), role: "writer", roleTitle: "y".repeat(80) },
  ...{ defaultMs: 15 * MINUTE, maxMs: 30 * MINUTE },
});
const many = <T>(count: number, of: T): T[] => Array.from({ length: count }, () => of);

/** More of everything than fits anywhere. */
const MUCH: HomeFacts = {
  ...{ mine: many(40, active), toDecide: many(60, waiting), toReview: many(60, active) },
  offers: Array.from({ length: 300 }, (_, nth) => offer(nth)),
};

describe("somebody's home", () => {
  it("fits into what Slack takes, however much there is, and says how much more there is and where", () => {
    const view = checkHome(renderHome(homeOf(MUCH, SLACK_HOME_LIMITS), names));
    const text = JSON.stringify(view.blocks);
    for (const more of [
      "and 32 more: /breakglass status",
      "and 48 more",
      "and 50 more",
      "and 275 more: /breakglass opens a form",
    ])
      assert.ok(text.includes(more), more);
    assert.doesNotMatch(text, /<!channel>/);
  });

  it("fits into a Teams card of 25 kB, in the form that is documented", () => {
    const card = adaptiveCard.parse(renderTeamsHome(homeOf(MUCH, TEAMS_HOME_LIMITS), names));
    for (const letter of ["語", "*", "<", "😀"]) {
      const titled = <T extends object>(one: T) => ({ ...one, title: letter.repeat(80), roleTitle: letter.repeat(80) });
      const typed = (state: RequestState): RequestState => ({
        ...{ ...state, justification: letter.repeat(500) },
        verdict: titled(state.verdict),
      });
      const longest = {
        ...{ mine: MUCH.mine.map(typed), toDecide: MUCH.toDecide.map(typed), toReview: MUCH.toReview.map(typed) },
        offers: MUCH.offers.map(titled),
      };
      const drawn = renderTeamsHome(homeOf(longest, TEAMS_HOME_LIMITS), { ...names, name: () => letter.repeat(80) });
      const size = Buffer.byteLength(JSON.stringify(drawn));
      assert.ok(size <= 25_000, `with ${letter} it has ${size} bytes`);
    }
    assert.match(JSON.stringify(card), /and 293 more: @Breakglass request opens a form/);
  });

  it("offers what can be done now, and nothing else", () => {
    const buttons = (facts: Partial<HomeFacts>) =>
      homeOf({ mine: [], toDecide: [], toReview: [], offers: [], ...facts }, SLACK_HOME_LIMITS)
        .sections.flatMap(({ items }) => items)
        .flatMap((item) => item.buttons.map(({ action }) => action));
    assert.deepEqual(buttons({ mine: [waiting] }), ["withdraw"]);
    assert.deepEqual(buttons({ mine: [active] }), ["reveal", "end"]);
    assert.deepEqual(buttons({ mine: [{ ...active, phase: "ending" }] }), []);
    assert.deepEqual(buttons({ mine: [{ ...waiting, emergencyOffered: true }] }), ["break-glass", "withdraw"]);
    assert.deepEqual(buttons({ toDecide: [waiting] }), ["approve", "deny"]);
    assert.deepEqual(buttons({ toReview: [active] }), ["review"]);
    assert.deepEqual(buttons({ offers: [offer(1)] }), ["ask"]);
  });
});
