import type { KnownBlock } from "@slack/web-api";
import type { Card } from "../cards/card.ts";
import { counted, type Text } from "../domain/text.ts";
import { asCoded, Refusal, StepUpNeeded } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Names } from "../cards/names.ts";
import { escapeText, mrkdwn } from "./mrkdwn.ts";
import { renderCard } from "./render-card.ts";

/** What a person is answered, seen by them alone. */
export interface Answer {
  readonly response_type: "ephemeral";
  readonly replace_original: false;
  readonly text: string;
  readonly blocks?: KnownBlock[];
}

/** Slack's limit is 3 s; ours is 1 s, with room for the guard before and the way back. */
export const ACK_LIMIT_MS = 550;

/** Beyond this an answer is a wall; Slack itself would take 40,000 characters. */
const TEXT_MAX = 6_000;

export function answerText(lines: readonly Text[], names: Names): Answer {
  const shown: string[] = [];
  let length = 0;
  for (const line of lines) {
    const text = mrkdwn(line, names);
    length += text.length + 1;
    // Cut between lines: half a date or half a name would be shown as it is written.
    if (length > TEXT_MAX)
      return ephemeral([...shown, `… and ${counted(lines.length - shown.length, "more line")}.`].join("\n"));
    shown.push(text);
  }
  return ephemeral(shown.join("\n"));
}

export function answerCard(card: Card, names: Names): Answer {
  return { ...ephemeral(""), ...renderCard(card, names) };
}

/** A sentence of ours. Names of people and what they typed stand in it as text, whatever they look like. */
export function answerSentence(sentence: string): Answer {
  return ephemeral(escapeText(sentence, TEXT_MAX));
}

/** Where somebody confirms something with a key: for them alone. */
export function answerLink(said: string, link: string): Answer {
  return ephemeral(`${escapeText(said)}\n<${link}|Open the page> (for you alone, within 5 minutes, once).`);
}

/** A refusal says what was refused, why, and what to do next, to that person only; an error names its code. */
export function answerError(thrown: unknown, log: Log): Answer {
  const error = asCoded(thrown);
  if (error instanceof StepUpNeeded && error.link !== undefined) return answerLink(error.message, error.link);
  if (error instanceof Refusal) return answerSentence(`${error.message} ${error.next}`.trim());
  log.error("a call failed", { error: thrown });
  return answerSentence(`🔴 ${`${error.message} ${error.next}`.trim()} (${error.code})`);
}

/**
 * Answers a command: what was recorded, if that is known within a moment; otherwise first that it is being worked on, and
 * the answer when there is one.
 *
 * @param work - gives the answer, and never throws
 * @param ack - the answer to Slack's own call
 * @param respond - the way for a later answer
 */
export async function answerInTime(
  work: Promise<Answer | undefined>,
  ack: (answer?: Answer) => Promise<void>,
  respond: (answer: Answer) => Promise<unknown>,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(resolve, ACK_LIMIT_MS, "late");
  });
  const first = await Promise.race([work, late]);
  clearTimeout(timer);
  // A socket that ended meanwhile takes no ack: what was recorded is told all the same.
  const acked = await ack(first === "late" ? ephemeral("Working on it…") : first).then(
    () => true,
    () => false,
  );
  if (acked && first !== "late") return;
  const answer = await work;
  if (answer !== undefined) await respond(answer);
}

function ephemeral(text: string): Answer {
  return { response_type: "ephemeral", replace_original: false, text };
}
