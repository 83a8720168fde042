import { REASON_MAX } from "../domain/decide.ts";
import { empty, noteElement, type AdaptiveCard } from "./render-card.ts";

/** Asks why. @param problem - why what was sent was not taken */
export function denyForm(request: string, reason = "", problem?: string): AdaptiveCard {
  return {
    ...empty,
    body: [
      ...(problem === undefined ? [] : [noteElement([problem])]),
      {
        type: "Input.Text",
        id: "reason",
        label: "Why? The requester reads this, and it stays in the record.",
        isMultiline: true,
        isRequired: true,
        errorMessage: "A denial needs a reason.",
        maxLength: REASON_MAX,
        value: reason.slice(0, REASON_MAX),
      },
    ],
    actions: [{ type: "Action.Submit", title: "Deny", style: "destructive", data: { verb: "deny", request } }],
  };
}
