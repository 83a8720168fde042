import { REFRESH } from "../cards/buttons.ts";
import type { Home, HomeItem, HomeLimits, HomeSection } from "../cards/home.ts";
import type { Names } from "../cards/names.ts";
import type { Text } from "../domain/text.ts";
import { commandInTeams } from "./answer.ts";
import { action, empty, noteElement, textBlock, type AdaptiveCard, type CardElement } from "./render-card.ts";
import { cardText, escapeMarkdown } from "./text.ts";

/** A card has to stay under 25 kB. */
export const TEAMS_HOME_LIMITS: HomeLimits = { mine: 4, toDecide: 5, toReview: 4, offers: 7 };

/** Somebody's home as a card in the chat with them. @param note - what is said to them above it */
export function renderHome({ sections }: Home, names: Names, note?: Text): AdaptiveCard {
  return {
    ...empty,
    body: [
      ...(note === undefined || note.length === 0 ? [] : [noteElement(note)]),
      ...sections.flatMap((section, index) => sectionElements(section, names, index > 0)),
      { ...textBlock("Kept up to date for an hour after you ask for it."), size: "Small", isSubtle: true },
      { type: "ActionSet", actions: [action(REFRESH, "home")] },
    ],
    msteams: { width: "Full" },
  };
}

function sectionElements({ title, items, note }: HomeSection, names: Names, separator: boolean): CardElement[] {
  return [
    {
      ...textBlock(title),
      weight: "Bolder",
      size: "Medium",
      style: "heading",
      ...(separator ? { separator, spacing: "Large" } : {}),
    },
    ...items.flatMap((item) => itemElements(item, names)),
    ...(note === undefined
      ? []
      : [{ ...textBlock(escapeMarkdown(commandInTeams(note))), size: "Small", isSubtle: true }]),
  ];
}

function itemElements({ title, text, buttons, subject }: HomeItem, names: Names): CardElement[] {
  return [
    { ...textBlock(cardText(title, names)), weight: "Bolder" },
    { ...textBlock(cardText(text, names)), spacing: "None" },
    ...(buttons.length === 0
      ? []
      : [{ type: "ActionSet", spacing: "Small", actions: buttons.map((button) => action(button, subject)) }]),
  ];
}
