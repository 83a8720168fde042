import type { ModalView } from "@slack/web-api";
import { REASON_MAX } from "../domain/decide.ts";
import { plainText } from "./render-card.ts";

export const DENY_FORM = "deny-form";
export const REASON = "reason";

/** Asks why. A denial without a reason helps nobody at 3 a.m. */
export function denyForm(id: string): ModalView {
  return {
    type: "modal",
    callback_id: DENY_FORM,
    title: plainText(`Deny ${id}`, 24),
    submit: plainText("Deny", 24),
    close: plainText("Cancel", 24),
    private_metadata: id,
    blocks: [
      {
        type: "input",
        block_id: REASON,
        label: plainText("Why?", 24),
        hint: plainText("The requester reads this, and it stays in the record.", 100),
        element: { type: "plain_text_input", action_id: REASON, min_length: 1, max_length: REASON_MAX },
      },
    ],
  };
}
