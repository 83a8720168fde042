import type { HomeView, KnownBlock } from "@slack/web-api";
import { REFRESH } from "../cards/buttons.ts";
import type { Home, HomeItem, HomeLimits, HomeSection } from "../cards/home.ts";
import type { Names } from "../cards/names.ts";
import { mrkdwn } from "./mrkdwn.ts";
import { plainText, slackButton, verbatim } from "./render-card.ts";

/** Slack takes 100 blocks: an item with several buttons takes two, each section a heading, a note and a line. */
export const SLACK_HOME_LIMITS: HomeLimits = { mine: 8, toDecide: 12, toReview: 10, offers: 25 };

const SECTION_MAX = 3_000;

/** Somebody's home as the Home tab of the app. */
export function renderHome({ sections }: Home, names: Names): HomeView {
  const blocks = sections.flatMap((section, index): KnownBlock[] => [
    ...(index === 0 ? [] : [{ type: "divider" } as const]),
    ...sectionBlocks(section, names),
  ]);
  return { type: "home", blocks: [...blocks, { type: "divider" }, ...foot()] };
}

function sectionBlocks({ title, items, note }: HomeSection, names: Names): KnownBlock[] {
  return [
    { type: "header", text: plainText(title, 150) },
    ...items.flatMap((item) => itemBlocks(item, names)),
    ...(note === undefined ? [] : [{ type: "context" as const, elements: [plainText(note, 2_000)] }]),
  ];
}

function itemBlocks({ title, text, buttons, subject }: HomeItem, names: Names): KnownBlock[] {
  const words = verbatim(`*${mrkdwn(title, names)}*\n${mrkdwn(text, names)}`.slice(0, SECTION_MAX));
  const [only, another] = buttons;
  if (only === undefined) return [{ type: "section", text: words }];
  // One button stands beside the words.
  if (another === undefined) return [{ type: "section", text: words, accessory: slackButton(only, subject) }];
  return [
    { type: "section", text: words },
    { type: "actions", elements: buttons.map((button) => slackButton(button, subject)) },
  ];
}

function foot(): KnownBlock[] {
  return [
    { type: "context", elements: [plainText("Kept up to date for an hour after you open it.", 150)] },
    { type: "actions", elements: [slackButton(REFRESH, "home")] },
  ];
}
