import type { KnownBlock, ModalView, PlainTextOption } from "@slack/web-api";
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
import { mrkdwn } from "./mrkdwn.ts";
import { plainText } from "./render-card.ts";

export const REVIEW_FORM = "review-form";
export const PREVENTION = "prevention";

/** Asks whether an access was right, with what is known of it above. @param owners - who can be named for a follow-up */
export function reviewForm(state: RequestState, owners: readonly string[], names: Names): ModalView {
  const facts = reviewFacts(state).map((text) => mrkdwn(text, names));
  const people = owners.map((person) => option(names.name(person), person));
  return {
    type: "modal",
    callback_id: REVIEW_FORM,
    title: plainText(`Review ${state.id}`, 24),
    submit: plainText("Submit", 24),
    close: plainText("Cancel", 24),
    private_metadata: state.id,
    blocks: [
      { type: "section", text: { type: "mrkdwn", text: facts.join("\n").slice(0, 3_000), verbatim: true } },
      ...questionsOf(state).map(({ field, label, choices }) =>
        select(
          field,
          label,
          choices.map((each) => option(each.label, each.value)),
          false,
        ),
      ),
      {
        type: "input",
        block_id: PREVENTION,
        optional: true,
        label: plainText(PREVENTION_LABEL, 100),
        element: { type: "plain_text_input", action_id: PREVENTION, multiline: true, max_length: PREVENTION_MAX },
      },
      ...FOLLOW_UP_NUMBERS.flatMap((nth) => followUp(nth, people)),
    ],
  };
}

function followUp(nth: number, people: PlainTextOption[]): KnownBlock[] {
  const { what, owner, due } = followUpFields(nth);
  return [
    {
      type: "input",
      block_id: what,
      optional: true,
      label: plainText(`Follow-up ${nth}: what is to be done?`, 100),
      element: { type: "plain_text_input", action_id: what, max_length: FOLLOW_UP_MAX },
    },
    select(owner, "By whom?", people, true),
    {
      type: "input",
      block_id: due,
      optional: true,
      label: plainText("Until when?", 100),
      element: { type: "datepicker", action_id: due },
    },
  ];
}

function select(field: string, label: string, options: PlainTextOption[], optional: boolean): KnownBlock {
  return {
    type: "input",
    block_id: field,
    optional,
    label: plainText(label, 150),
    element: { type: "static_select", action_id: field, options },
  };
}

function option(text: string, value: string): PlainTextOption {
  return { text: plainText(text, 75), value };
}

const stateSchema = z.object({
  values: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        value: z.string().nullish(),
        selected_option: z.object({ value: z.string() }).nullish(),
        selected_date: z.string().nullish(),
      }),
    ),
  ),
});

/** What a reviewer filled in. */
export function readReview(state: unknown): Said {
  const { values } = stateSchema.parse(state);
  const read = (field: string): string => {
    const input = values[field]?.[field];
    return input?.selected_option?.value ?? input?.selected_date ?? input?.value ?? "";
  };
  return saidIn(read);
}
