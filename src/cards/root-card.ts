import type { RequestState } from "../domain/request.ts";
import { drillMark } from "../domain/drill.ts";
import { ASK_AGAIN, CONFIRM, END_NOW, RECORD, REVIEW, REVOKE_NOW, WITHDRAW } from "./buttons.ts";
import type { Button, Card } from "./card.ts";
import { decidedText, phaseText, toneOf } from "./request-facts.ts";

/** The root message of a request's thread in the incident channel, kept up to date. */
export function rootCard(state: RequestState): Card {
  const decided = decidedText(state);
  return {
    tone: toneOf(state),
    title: [
      `${drillMark(state)}${state.id} · `,
      { person: state.requester },
      ` · ${state.role} on ${state.verdict.title} · `,
      ...phaseText(state),
    ],
    facts: [],
    text: [[{ said: state.justification }]],
    small: decided.length === 0 ? [] : [decided],
    buttons: state.drill === undefined ? buttons(state) : buttons(state).filter((each) => isOfDrill(each, state)),
    request: state.id,
  };
}

/** What is in nobody's name is ended by whoever began it, and asked for again by nobody. */
function isOfDrill({ action }: Button, { opener }: RequestState): boolean {
  if (action === "withdraw" || action === "end") return opener.person !== undefined;
  return action !== "ask-again";
}

function buttons({ phase, review }: RequestState): Button[] {
  switch (phase) {
    case "unconfirmed":
      return [CONFIRM, WITHDRAW];
    case "waiting":
      return [WITHDRAW];
    case "approved":
    case "granting":
    case "active":
      return [END_NOW, REVOKE_NOW];
    case "ending":
      return [];
    case "ended":
      return review !== undefined && review.submitted === undefined ? [REVIEW, ASK_AGAIN, RECORD] : [ASK_AGAIN, RECORD];
    case "denied":
    case "withdrawn":
    case "lapsed":
      return [ASK_AGAIN, RECORD];
  }
}
