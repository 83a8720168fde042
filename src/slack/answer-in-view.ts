import { setTimeout } from "node:timers/promises";
import type { ModalView } from "@slack/web-api";
import type { Answer } from "./answer.ts";
import type { SlackContext } from "./context.ts";
import { plainText, verbatim } from "./render-card.ts";
import { showForm } from "./show-form.ts";

/** A trigger lives 3 s: what isn't known by now is said in the window that it opened. */
const KNOWN_WITHIN_MS = 1_500;

/**
 * Answers a click on the Home tab, where no message can stand: in a window of its own; and where Slack doesn't open one, in a direct
 * message.
 *
 * @param work - gives the answer, undefined where the click has opened a form itself; never throws
 */
export async function answerInView(
  { client, messenger, log }: Pick<SlackContext, "client" | "messenger" | "log">,
  { account, trigger }: { readonly account: string; readonly trigger: string },
  work: Promise<Answer | undefined>,
): Promise<void> {
  const late = setTimeout(KNOWN_WITHIN_MS, "late" as const, { ref: false });
  const first = await Promise.race([work, late]);
  if (first === undefined) return;
  try {
    const id = await showForm(client, trigger, window(first === "late" ? "Working on it…" : first));
    if (first !== "late" || id === undefined) return;
    const answer = await work;
    if (answer !== undefined) await client.views.update({ view_id: id, view: window(answer) });
  } catch (error) {
    log.info("an answer could not be shown in a window", { error });
    const answer = await work;
    if (answer !== undefined) await messenger.tellPrivately(account, answer);
  }
}

function window(said: Answer | string): ModalView {
  const blocks: ModalView["blocks"] =
    typeof said === "string"
      ? [{ type: "section", text: plainText(said, 3_000) }]
      : (said.blocks ?? [{ type: "section", text: verbatim(said.text.slice(0, 3_000)) }]);
  return { type: "modal", title: plainText("Breakglass", 24), close: plainText("Close", 24), blocks };
}
