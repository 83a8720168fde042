import type { ModalView, WebClient } from "@slack/web-api";
import { CodedError } from "../errors.ts";
import { call } from "./call.ts";

/**
 * Puts a form before whoever clicked or typed.
 *
 * @param trigger - lives 3 s and opens one form
 * @returns the form's id
 * @throws `CHAT_FAILED`, saying what to do instead
 */
export async function showForm(client: WebClient, trigger: string, view: ModalView): Promise<string | undefined> {
  try {
    const opened = await call("a form", client.views.open({ trigger_id: trigger, view }));
    return opened.view?.id;
  } catch (cause) {
    throw new CodedError("CHAT_FAILED", "Slack did not open the form. Nothing was recorded.", {
      next: "Try again; or ask in one line, as /breakglass help shows.",
      cause,
    });
  }
}
