import type { Picture } from "../app/messenger.ts";
import { MARKS, type Action, type Button, type Card } from "../cards/card.ts";
import type { Names } from "../cards/names.ts";
import type { Text } from "../domain/text.ts";
import { cardText, mentionsIn, plainText, type Mention } from "./text.ts";

/** The parts of Adaptive Cards that are used (https://adaptivecards.io/explorer, version 1.5). */
export type CardElement = Readonly<Record<string, unknown>> & { readonly type: string };
export interface AdaptiveCard {
  readonly type: "AdaptiveCard";
  readonly $schema: string;
  readonly version: "1.5";
  readonly body: readonly CardElement[];
  readonly actions?: readonly CardElement[];
  readonly msteams?: { readonly width?: "Full"; readonly entities?: readonly Mention[] };
}

export const CARD_TYPE = "application/vnd.microsoft.card.adaptive";
/** These open a dialog: the others are carried out at once. */
const DIALOGS: readonly Action[] = ["deny", "ask-again", "review", "ask"];

interface CardAttachment {
  readonly contentType: typeof CARD_TYPE;
  readonly content: AdaptiveCard;
}

/** A message as Teams takes it. `summary` is what a notification shows. */
export interface TeamsMessage {
  readonly type: "message";
  readonly summary?: string;
  readonly text?: string;
  readonly textFormat?: "xml";
  readonly attachments?: readonly CardAttachment[];
}

/** Pictures are parts of a message: they need no file, and no rights. Each has up to 1 MB, and 1024 by 1024. */
export interface TeamsPictures extends Omit<TeamsMessage, "attachments"> {
  readonly attachments: readonly {
    readonly contentType: "image/png";
    readonly contentUrl: string;
    readonly name: string;
  }[];
}

/** The same message with pictures under it; what can be read to whoever can't see them is their name. */
export function withPictures(message: TeamsMessage, pictures: readonly Picture[]): TeamsPictures {
  const attachments = pictures.map(({ title, bytes }) => ({
    contentType: "image/png" as const,
    contentUrl: `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`,
    name: title,
  }));
  return { ...message, attachments };
}

/** A card as a message. Its notification, which also stands on a locked screen, shows the title alone. */
export function cardMessage(card: Card, names: Names): TeamsMessage {
  const summary = `${MARKS[card.tone]} ${plainText(card.title, names)}`.slice(0, 500);
  return { type: "message", summary, attachments: [attachment(renderCard(card, names))] };
}

export function attachment(content: AdaptiveCard): CardAttachment {
  return { contentType: CARD_TYPE, content };
}

/** A card as an Adaptive Card. @param note - what is said to its one reader, above everything else */
export function renderCard(card: Card, names: Names, note?: Text): AdaptiveCard {
  const texts = [card.title, ...card.facts.map(({ text }) => text), ...card.text, ...card.small];
  const entities = mentionsIn(texts, names);
  const body: CardElement[] = [
    ...(note === undefined ? [] : [noteElement(note)]),
    {
      ...textBlock(`${MARKS[card.tone]} ${cardText(card.title, names)}`),
      ...{ weight: "Bolder", size: "Medium", style: "heading" },
    },
    ...factElements(card, names),
    ...card.text.map((text) => paragraph(text, names)),
    ...card.small.map((text) => ({ ...textBlock(cardText(text, names)), size: "Small", isSubtle: true })),
  ];
  return {
    ...empty,
    body,
    ...(card.buttons.length === 0 ? {} : { actions: card.buttons.map((button) => action(button, card.request)) }),
    msteams: { width: "Full", ...(entities.length === 0 ? {} : { entities }) },
  };
}

/** A line of text that calls somebody: only a card can call people by their Entra object id. */
export function textCard(text: Text, names: Names): AdaptiveCard {
  return {
    ...empty,
    body: [textBlock(cardText(text, names))],
    msteams: { width: "Full", entities: mentionsIn([text], names) },
  };
}

export const empty = {
  type: "AdaptiveCard",
  $schema: "https://adaptivecards.io/schemas/adaptive-card.json",
  version: "1.5",
} as const;

export function textBlock(text: string): CardElement {
  return { type: "TextBlock", text, wrap: true };
}

/** What is said to whoever clicked or filled in a form. */
export function noteElement(note: Text): CardElement {
  return {
    type: "Container",
    style: "accent",
    bleed: true,
    items: [textBlock(cardText(note, { name: (person) => person, account: () => undefined }))],
  };
}

/** Facts stand under each other; one that may be long has a paragraph of its own, as has an address, which a narrow table would cut. */
function factElements({ facts }: Card, names: Names): CardElement[] {
  const elements: CardElement[] = [];
  let rows: { title: string; value: string }[] = [];
  const close = (): void => {
    if (rows.length > 0) elements.push({ type: "FactSet", facts: rows });
    rows = [];
  };
  for (const { label, text, wide } of facts) {
    const value = cardText(text, names);
    if (wide === undefined && !text.some((span) => typeof span === "object" && "link" in span)) {
      rows.push({ title: label, value });
      continue;
    }
    close();
    elements.push(textBlock(`**${label}:** ${value}`));
  }
  close();
  return elements;
}

/** A password or a command is shown as it is, letter for letter: a run of text knows no Markdown. */
function paragraph(text: Text, names: Names): CardElement {
  if (!text.some((span) => typeof span === "object" && "code" in span)) return textBlock(cardText(text, names));
  const inlines = text.map((span) =>
    typeof span === "object" && "code" in span
      ? { type: "TextRun", text: span.code, fontType: "Monospace" }
      : { type: "TextRun", text: plainText([span], names) },
  );
  return { type: "RichTextBlock", inlines };
}

/** A button carries what is to be done and a name, mostly the request's id, and nothing else. */
export function action({ action: verb, label, style, confirm }: Button, request: string): CardElement {
  const look = style === undefined ? {} : { style: { primary: "positive", danger: "destructive" }[style] };
  if (DIALOGS.includes(verb))
    return { type: "Action.Submit", title: label, ...look, data: { verb, request, msteams: { type: "task/fetch" } } };
  const execute = (title: string) => ({ type: "Action.Execute", title, ...look, verb, data: { request } });
  if (confirm === undefined) return execute(label);
  // Adaptive Cards don't ask back by themselves: the question unfolds, and the button that counts stands under it.
  return {
    type: "Action.ShowCard",
    title: label,
    ...look,
    card: {
      type: "AdaptiveCard",
      body: [textBlock(`**${confirm.title}** ${confirm.text}`)],
      actions: [execute(confirm.ok)],
    },
  };
}
