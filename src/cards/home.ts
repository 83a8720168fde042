import { takesProof, type RequestState } from "../domain/request.ts";
import type { Offer } from "../domain/policy/offers.ts";
import { drillMark } from "../domain/drill.ts";
import { formatDuration } from "../domain/duration.ts";
import { cut, moment, type Text } from "../domain/text.ts";
import { APPROVE, ASK, BREAK_GLASS, CONFIRM, DENY, END_NOW, OPEN_CREDENTIAL, REVIEW, WITHDRAW } from "./buttons.ts";
import { MARKS, type Button } from "./card.ts";
import { phaseText, toneOf, whatText } from "./request-facts.ts";

/** A line of somebody's home, with what they can do about it. */
export interface HomeItem {
  readonly title: Text;
  readonly text: Text;
  readonly buttons: readonly Button[];
  /** What the buttons carry: a request's id, or a target and a role. */
  readonly subject: string;
}

export interface HomeSection {
  readonly title: string;
  readonly items: readonly HomeItem[];
  /** What stands there where there are none, or how the rest is found. */
  readonly note?: string | undefined;
}

/** What one person has to do with everything here, for any platform. */
export interface Home {
  readonly sections: readonly HomeSection[];
}

/** What a home is drawn from. */
export interface HomeFacts {
  readonly mine: readonly RequestState[];
  readonly toDecide: readonly RequestState[];
  readonly toReview: readonly RequestState[];
  readonly offers: readonly Offer[];
}

/** How much of each section is shown. A platform's messages have their limits. */
export interface HomeLimits {
  readonly mine: number;
  readonly toDecide: number;
  readonly toReview: number;
  readonly offers: number;
}

/** A justification is cut: the whole of it stands on the request's card. */
const WHY_MAX = 120;

/** Somebody's home: what is theirs, what waits for them, and what they may ask for. What is urgent stands first. */
export function homeOf({ mine, toDecide, toReview, offers }: HomeFacts, limits: HomeLimits): Home {
  return {
    sections: [
      section("Your access", mine.map(mineItem), limits.mine, {
        none: "You have no open request.",
        rest: "/breakglass status shows all",
      }),
      ...optional("Waiting for your vote", toDecide.map(decideItem), limits.toDecide),
      ...optional("Waiting for your review", toReview.map(reviewItem), limits.toReview),
      section("You may ask for", offers.map(offerItem), limits.offers, {
        none: "The policy lets you ask for nothing. Ask whoever keeps it to add you to a group of requesters.",
        rest: "/breakglass opens a form with all",
      }),
    ],
  };
}

/** A home that can only say why there is none. */
export function emptyHome(why: string): Home {
  return { sections: [{ title: "Breakglass", items: [], note: why }] };
}

function section(
  title: string,
  items: readonly HomeItem[],
  max: number,
  said: { readonly none: string; readonly rest: string },
): HomeSection {
  const left = items.length - max;
  const note = items.length === 0 ? said.none : left > 0 ? `… and ${left} more: ${said.rest}.` : undefined;
  return { title, items: items.slice(0, max), note };
}

/** What is nothing needs no heading. */
function optional(title: string, items: readonly HomeItem[], max: number): HomeSection[] {
  if (items.length === 0) return [];
  return [section(title, items, max, { none: "", rest: "/breakglass status shows all" })];
}

function mineItem(state: RequestState): HomeItem {
  return {
    title: [`${MARKS[toneOf(state)]} ${whatText(state)} · `, ...phaseText(state)],
    text: [`${state.id} · `, { said: short(state.justification) }],
    buttons: mineButtons(state),
    subject: state.id,
  };
}

function mineButtons(state: RequestState): Button[] {
  switch (state.phase) {
    case "unconfirmed":
      return [CONFIRM, WITHDRAW];
    case "waiting":
      return state.emergencyOffered ? [BREAK_GLASS, WITHDRAW] : [WITHDRAW];
    case "approved":
    case "granting":
      return [END_NOW];
    case "active":
      return state.revealable && state.opened === undefined ? [OPEN_CREDENTIAL, END_NOW] : [END_NOW];
    default:
      return [];
  }
}

function decideItem(state: RequestState): HomeItem {
  const { verdict, waitsFrom, approvals } = state;
  const withKey = takesProof(verdict, "approver") ? " · takes a security key" : "";
  const votes = verdict.quorum === 1 ? "" : ` · ${approvals.length} of ${verdict.quorum} approved`;
  return {
    title: [
      `${MARKS[toneOf(state)]} ${drillMark(state)}`,
      { person: state.requester },
      ` · ${whatText(state)} · ${formatDuration(state.durationMs)}`,
    ],
    text: [
      `${state.id} · `,
      { said: short(state.justification) },
      `${votes}${withKey} · lapses `,
      moment(waitsFrom + verdict.lapseMs, waitsFrom),
    ],
    buttons: [APPROVE, DENY],
    subject: state.id,
  };
}

function reviewItem(state: RequestState): HomeItem {
  return {
    title: [`${MARKS[toneOf(state)]} `, { person: state.requester }, ` · ${whatText(state)}`],
    text: [
      `${state.id} · `,
      { said: short(state.justification) },
      " · due ",
      { time: state.review?.dueAt ?? 0, day: true },
    ],
    buttons: [REVIEW],
    subject: state.id,
  };
}

function offerItem({ target, title, role, roleTitle, defaultMs, maxMs }: Offer): HomeItem {
  return {
    title: [`${title} · ${roleTitle}`],
    text: [{ code: `${target} ${role}` }, ` · ${formatDuration(defaultMs)}, at most ${formatDuration(maxMs)}`],
    buttons: [ASK],
    subject: `${target} ${role}`,
  };
}

function short(text: string): string {
  return text.length > WHY_MAX ? `${cut(text, WHY_MAX - 1)}…` : text;
}
