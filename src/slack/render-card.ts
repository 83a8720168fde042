import type { KnownBlock, Button as SlackButton, MrkdwnElement, PlainTextElement } from "@slack/web-api";
import { MARKS, type Button, type Card } from "../cards/card.ts";
import type { Names } from "../cards/names.ts";
import { mrkdwn } from "./mrkdwn.ts";

/** A section's text (JSDoc of \@slack/types 3.2). */
const SECTION_MAX = 3_000;

/** A message as Slack takes it. `text` is what notifications and screen readers get: the card without its buttons. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: KnownBlock[];
}

/** A card as Block Kit. */
export function renderCard(card: Card, names: Names): SlackMessage {
  const mark = MARKS[card.tone];
  // Not a header block: that knows no dates, and times are shown in the reader's own zone.
  const title = `*${mark} ${mrkdwn(card.title, names)}*`;
  const paragraphs = card.text.map((text) => mrkdwn(text, names));
  const facts = card.facts.map(({ label, text }) => `*${label}:* ${mrkdwn(text, names)}`);
  const small = card.small.map((text) => mrkdwn(text, names));
  const blocks: KnownBlock[] = [{ type: "section", text: verbatim(title) }];
  blocks.push(...factBlocks(card, facts));
  for (const text of paragraphs) blocks.push({ type: "section", text: verbatim(text.slice(0, SECTION_MAX)) });
  if (small.length > 0) blocks.push({ type: "context", elements: small.map(verbatim) });
  if (card.buttons.length > 0) {
    blocks.push({
      type: "actions",
      block_id: `request.${card.request}`,
      elements: card.buttons.map((button) => slackButton(button, card.request)),
    });
  }
  const shown = [...facts, ...paragraphs, ...small];
  return {
    text: [`${mark} ${mrkdwn(card.title, names)}`, ...shown].join("\n").slice(0, SECTION_MAX),
    blocks,
  };
}

/** Facts stand side by side, two in a row; one that may be long has a section of its own. */
function factBlocks({ facts }: Card, shown: readonly string[]): KnownBlock[] {
  const blocks: KnownBlock[] = [];
  let row: MrkdwnElement[] = [];
  const close = (): void => {
    if (row.length > 0) blocks.push({ type: "section", fields: row });
    row = [];
  };
  for (const [index, { wide }] of facts.entries()) {
    const text = verbatim((shown[index] ?? "").slice(0, SECTION_MAX));
    if (wide === undefined) {
      row.push(text);
      continue;
    }
    close();
    blocks.push({ type: "section", text });
  }
  close();
  return blocks;
}

/** Our own markup counts; Slack makes no links and no mentions of its own out of what people wrote. */
export function verbatim(text: string): MrkdwnElement {
  return { type: "mrkdwn", text, verbatim: true };
}

/** @param subject - what it carries, mostly a request's id */
export function slackButton({ action, label, style, confirm }: Button, subject: string): SlackButton {
  return {
    type: "button",
    action_id: action,
    value: subject,
    text: plainText(label, 75),
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined
      ? {}
      : {
          confirm: {
            title: plainText(confirm.title, 100),
            text: plainText(confirm.text, 300),
            confirm: plainText(confirm.ok, 30),
            deny: plainText("Cancel", 30),
            style: "danger",
          },
        }),
  };
}

/** Plain text of at most so many characters. */
export function plainText(text: string, max: number): PlainTextElement {
  return { type: "plain_text", text: text.length > max ? `${text.slice(0, max - 1)}…` : text, emoji: true };
}
