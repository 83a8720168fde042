import type { Card } from "../cards/card.ts";
import type { Names } from "../cards/names.ts";
import { counted, type Text } from "../domain/text.ts";
import { asCoded, Refusal, StepUpNeeded } from "../errors.ts";
import type { Log } from "../log.ts";
import { cardMessage, empty, textBlock, type TeamsMessage, attachment } from "./render-card.ts";
import { escapeHtml, messageHtml } from "./text.ts";

/** Beyond this an answer is a wall. */
const TEXT_MAX = 6_000;
/** What the command is called here; the sentences call it by its name in Slack. */
const COMMAND = "@Breakglass";

export function answerText(lines: readonly Text[], names: Names): TeamsMessage {
  const shown: string[] = [];
  let length = 0;
  for (const line of lines) {
    const html = messageHtml(line.map(inTeams), names);
    length += html.length;
    // Cut between lines: half a tag would be shown as it is written.
    if (length > TEXT_MAX) return said([...shown, `… and ${counted(lines.length - shown.length, "more line")}.`]);
    shown.push(html);
  }
  return said(shown);
}

export function answerCard(card: Card, names: Names): TeamsMessage {
  return cardMessage(card, names);
}

export function answerSentence(sentence: string): TeamsMessage {
  return said([escapeHtml(sentence, TEXT_MAX)]);
}

/** A refusal says what was refused, why, and what to do next, to that person only; an error names its code. */
export function errorSentence(thrown: unknown, log: Log): string {
  const error = asCoded(thrown);
  const sentence = commandInTeams(`${error.message} ${error.next}`.trim());
  if (error instanceof Refusal) return sentence;
  log.error("a call failed", { error: thrown });
  return `🔴 ${sentence} (${error.code})`;
}

/** The same where there may be a link in it, to where a click is confirmed with a key. */
export function errorText(thrown: unknown, log: Log): Text {
  if (thrown instanceof StepUpNeeded && thrown.link !== undefined) return linkText(thrown.message, thrown.link);
  return [errorSentence(thrown, log)];
}

/** Where somebody goes on with a key: for them alone. */
export function linkText(said: string, link: string): Text {
  return [`${said} `, { link, label: "Open the page" }, " (for you alone, within 5 minutes, once)."];
}

/** A dialog opens only at a click: this is what there is to click on. @param form - the form's own name */
export function formButton(form: string): TeamsMessage {
  const data = { verb: "form", form, msteams: { type: "task/fetch" } };
  const card = {
    ...empty,
    body: [textBlock("What do you need to get into? The form has what you may ask for.")],
    actions: [{ type: "Action.Submit", title: "Open the form", style: "positive", data }],
  };
  return { type: "message", summary: "Break glass: the form", attachments: [attachment(card)] };
}

/** The same for a review. @param request - its request */
export function reviewButton(request: string): TeamsMessage {
  const data = { verb: "review", request, msteams: { type: "task/fetch" } };
  const card = {
    ...empty,
    body: [textBlock(`Was ${request} needed, long enough, narrow enough? The form asks.`)],
    actions: [{ type: "Action.Submit", title: "Review", style: "positive", data }],
  };
  return { type: "message", summary: `Review ${request}`, attachments: [attachment(card)] };
}

/** `/breakglass` alone, and `/breakglass list`, as one types them here. */
export function commandInTeams(text: string): string {
  return text.replace(/\/breakglass(?= opens)/g, `${COMMAND} request`).replaceAll("/breakglass", COMMAND);
}

function inTeams(span: Text[number]): Text[number] {
  if (typeof span === "string" || !("code" in span)) return span;
  return { code: span.code === "/breakglass" ? `${COMMAND} request` : commandInTeams(span.code) };
}

function said(lines: readonly string[]): TeamsMessage {
  return { type: "message", textFormat: "xml", text: lines.join("<br>") };
}
