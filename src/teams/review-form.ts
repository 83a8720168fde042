import { z } from "zod";
import {
  FOLLOW_UP_NUMBERS,
  followUpFields,
  PREVENTION_LABEL,
  questionsOf,
  reviewFacts,
  saidIn,
} from "../cards/review-questions.ts";
import type { Names } from "../cards/names.ts";
import type { Said } from "../domain/review.ts";
import type { RequestState } from "../domain/request.ts";
import { FOLLOW_UP_MAX, PREVENTION_MAX } from "../domain/review.ts";
import { empty, noteElement, textBlock, type AdaptiveCard, type CardElement } from "./render-card.ts";
import { cardText } from "./text.ts";

/**
 * Asks whether an access was right, with what is known of it above.
 *
 * @param owners - who can be named for a follow-up
 * @param sent - what was filled in, and why it was not taken
 */
export function reviewForm(
  state: RequestState,
  owners: readonly string[],
  names: Names,
  sent?: { readonly said: Said; readonly problem: string },
): AdaptiveCard {
  const filled = sent?.said;
  const people = owners.map((person) => ({ title: names.name(person), value: person }));
  return {
    ...empty,
    body: [
      ...(sent === undefined ? [] : [noteElement([sent.problem])]),
      ...reviewFacts(state).map((text) => textBlock(cardText(text, names))),
      ...questionsOf(state).map(({ field, label, choices }) => ({
        ...choiceSet(
          field,
          label,
          choices.map((each) => ({ title: each.label, value: each.value })),
          filled?.[field],
        ),
        isRequired: true,
        errorMessage: "Choose one.",
      })),
      text("prevention", PREVENTION_LABEL, PREVENTION_MAX, filled?.prevention),
      ...FOLLOW_UP_NUMBERS.flatMap((nth) => followUp(nth, people, filled?.followUps[nth - 1])),
    ],
    actions: [
      { type: "Action.Submit", title: "Submit", style: "positive", data: { verb: "review", request: state.id } },
    ],
  };
}

function followUp(
  nth: number,
  people: readonly { title: string; value: string }[],
  filled: Said["followUps"][number] | undefined,
): CardElement[] {
  const { what, owner, due } = followUpFields(nth);
  return [
    text(what, `Follow-up ${nth}: what is to be done?`, FOLLOW_UP_MAX, filled?.what),
    choiceSet(owner, "By whom?", people, filled?.owner),
    { type: "Input.Date", id: due, label: "Until when?", ...(filled?.due ? { value: filled.due } : {}) },
  ];
}

function choiceSet(
  id: string,
  label: string,
  choices: readonly { title: string; value: string }[],
  value = "",
): CardElement {
  return { type: "Input.ChoiceSet", id, label, choices, ...(value === "" ? {} : { value }) };
}

function text(id: string, label: string, maxLength: number, value = ""): CardElement {
  return { type: "Input.Text", id, label, isMultiline: true, maxLength, value: value.slice(0, maxLength) };
}

const fields = z.record(z.string(), z.unknown());

/** What a reviewer filled in. */
export function readReview(data: unknown): Said {
  const values = fields.parse(data);
  const read = (field: string): string => {
    const value = values[field];
    return typeof value === "string" ? value : "";
  };
  return saidIn(read);
}
