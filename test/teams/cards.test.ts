import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import MarkdownIt from "markdown-it";
import { z } from "zod";
import { approvalCard } from "../../src/cards/approval-card.ts";
import type { Card } from "../../src/cards/card.ts";
import { homeOf } from "../../src/cards/home.ts";
import { credentialCard, receiptCard } from "../../src/cards/private-cards.ts";
import { rootCard } from "../../src/cards/root-card.ts";
import { offers } from "../../src/domain/policy/offers.ts";
import { plainLine } from "../../src/domain/text.ts";
import { formButton } from "../../src/teams/answer.ts";
import { denyForm } from "../../src/teams/deny-form.ts";
import { textMessage } from "../../src/teams/messenger.ts";
import { cardMessage, renderCard, type AdaptiveCard } from "../../src/teams/render-card.ts";
import { renderHome, TEAMS_HOME_LIMITS } from "../../src/teams/render-home.ts";
import { requestForm } from "../../src/teams/request-form.ts";
import { cardText, messageHtml } from "../../src/teams/text.ts";
import { acme } from "../domain/acme-policy.ts";
import { groups, opened, stateOf } from "../domain/given.ts";
import { LIVES, TO_ITS_DEADLINE, WITH_EVERY_TROUBLE } from "../domain/lives.ts";
import { NAUGHTY } from "../domain/naughty.ts";
import { goldenJson } from "../support/golden.ts";
import { adaptiveCard } from "../support/teams/adaptive-card.ts";

const RECORD = "2nd request this week; the last one (BG-000001, writer on orders-db) ran to its deadline.";
const names = {
  name: (person: string) => acme.people[person]?.name ?? person,
  account: (person: string) => (person in acme.people ? `aad-${person}` : undefined),
};

/** With what means something to Markdown, and a word that no line takes. */
const LONGEST = `**bold** [link](https://evil.test) <at>Carol Diaz</at> {{TIME(2026-11-23T03:12:09Z)}} ${"W".repeat(200)} ${"words and words ".repeat(44)}`;

/** The cards, as in the golden files that are looked at as pictures. */
function gallery(): Record<string, AdaptiveCard> {
  const drawn = (card: Card, note?: string) => renderCard(card, names, note === undefined ? undefined : [note]);
  const active = stateOf(...TO_ITS_DEADLINE.slice(0, 4));
  const way = { user: "bg_7k3m2q", connect: "psql service=orders user=bg_7k3m2q" };
  const mine = offers(acme, groups(), "alice");
  const reviewOpened = LIVES.reviewed.findIndex(({ event }) => event.type === "ReviewOpened");
  const reviewable = stateOf(...LIVES.reviewed.slice(0, reviewOpened + 1));
  const form = textMessage([`No decision yet on BG-7K3M2Q: calling leads`, " ", { mention: "carol" }], names);
  return {
    "approval, waiting": drawn(approvalCard(stateOf(opened()), RECORD)),
    "approval, one of two": drawn(approvalCard(stateOf(...LIVES["by-two"].slice(0, 2)), RECORD)),
    "approval, active": drawn(approvalCard(active, RECORD)),
    "approval, denied, for whoever clicks late": drawn(
      approvalCard(stateOf(...LIVES.denied), RECORD),
      "It was denied by Carol Diaz. Ask again if it is still needed.",
    ),
    "approval, the longest that may be typed": drawn(
      approvalCard({ ...stateOf(opened()), justification: LONGEST }, RECORD),
      LONGEST.slice(0, 500),
    ),
    "root, waiting": drawn(rootCard(stateOf(opened()))),
    "root, active": drawn(rootCard(active)),
    "root, overdue": drawn(rootCard(stateOf(...WITH_EVERY_TROUBLE.slice(0, 11)))),
    "root, ended": drawn(rootCard(stateOf(...TO_ITS_DEADLINE))),
    receipt: drawn(receiptCard(stateOf(opened()))),
    credential: drawn(credentialCard({ ...active, way })),
    "a call": form.attachments?.[0]?.content ?? assert.fail("a call is a card"),
    "the form's button": formButton("f1").attachments?.[0]?.content ?? assert.fail("a button is on a card"),
    form: requestForm(mine, { form: "f1" }),
    "form, again, refused": requestForm(
      mine,
      {
        form: "f1",
        after: "BG-7K3M2Q",
        what: "orders-db writer",
        duration: "15m",
        justification: "INC-42 *still* stuck",
      },
      "2 h is too long. This role allows at most 30 min; without a duration it is 15 min.",
    ),
    "deny form": denyForm("BG-7K3M2Q"),
    home: renderHome(
      homeOf(
        {
          mine: [active],
          toDecide: [stateOf(opened())],
          toReview: [reviewable],
          offers: mine,
        },
        TEAMS_HOME_LIMITS,
      ),
      names,
    ),
    "home, of nothing": renderHome(
      homeOf({ mine: [], toDecide: [], toReview: [], offers: [] }, TEAMS_HOME_LIMITS),
      names,
      ["BG-7K3M2Q is already decided."],
    ),
  };
}

/** Microsoft's own parser: what it complains of, with version 1.5. */
function complaints(card: AdaptiveCard): string[] {
  const said: string[] = [];
  const parser = z
    .object({
      AdaptiveCard: z.custom<new () => { parse(json: unknown, context: unknown): void }>(
        (each) => typeof each === "function",
      ),
      SerializationContext: z.custom<
        new (version: unknown) => { eventCount: number; getEventAt(at: number): { message: string } }
      >((each) => typeof each === "function"),
      Versions: z.custom<{ v1_5: unknown }>((each) => typeof each === "function"),
    })
    .parse(createRequire(import.meta.url)("adaptivecards/dist/adaptivecards.js"));
  const context = new parser.SerializationContext(parser.Versions.v1_5);
  new parser.AdaptiveCard().parse(card, context);
  for (let at = 0; at < context.eventCount; at++) said.push(context.getEventAt(at).message);
  return said;
}

describe("the Adaptive Cards", () => {
  const cards = gallery();

  it("are as they were looked at", async () => {
    await goldenJson("cards/teams.json", cards);
  });

  it("have the form that is documented, and Microsoft's own parser finds nothing to complain of", () => {
    for (const [name, card] of Object.entries(cards)) {
      const parsed = adaptiveCard.safeParse(card);
      assert.ok(parsed.success, `${name}: ${parsed.success ? "" : z.prettifyError(parsed.error)}`);
      assert.deepEqual(complaints(card), [], name);
    }
  });

  it("are told in a notification by their title alone, which stands on a locked screen", () => {
    const credential = credentialCard(stateOf(...TO_ITS_DEADLINE.slice(0, 4)));
    assert.equal(cardMessage(credential, names).summary, "🟢 BG-7K3M2Q · access is on");
  });

  it("stay under 25 kB, whatever was typed", () => {
    const longest = ["😀".repeat(500), "<".repeat(1_000), "*".repeat(1_000), "語".repeat(1_000)];
    for (const justification of longest) {
      const state = { ...stateOf(...LIVES.denied), justification };
      assert.ok(state.denied);
      const denied = { ...state, denied: { ...state.denied, reason: justification } };
      for (const card of [approvalCard(denied, RECORD), rootCard(denied)])
        assert.ok(Buffer.byteLength(JSON.stringify(cardMessage(card, names))) < 25_000);
      const lines = Array.from({ length: 8 }, () => [
        { said: justification },
        { code: justification.repeat(5) },
      ]).flat();
      assert.ok(Buffer.byteLength(JSON.stringify(textMessage(lines, names))) < 25_000);
    }
    const many = Array.from({ length: 500 }, (_, nth) => ({
      ...{ target: `target-${nth}`, title: "t".repeat(80), role: `role-${nth}`, roleTitle: "r".repeat(80) },
      ...{ defaultMs: 60_000, maxMs: 3_600_000 },
    }));
    const form = requestForm(many, { form: "f", justification: "語".repeat(1_000) }, "p".repeat(1_000));
    assert.ok(Buffer.byteLength(JSON.stringify(form)) < 25_000);
    assert.match(JSON.stringify(form), /more than fits here \(500\)/);
  });
});

describe("what people wrote", () => {
  const markdown = new MarkdownIt({ html: false, linkify: false });
  const said = [
    ...NAUGHTY,
    "# not a heading",
    "- not a list",
    "1. not a list either",
    "> not a quotation",
    "**not bold** _not slanted_ ~~not struck~~ `not code`",
    "[a link](https://evil.test) ![a picture](https://evil.test/x.png) <https://evil.test>",
    "<at>Carol Diaz</at> &lt;at&gt;Carol&lt;/at&gt; &amp;",
    "{{DATE(2026-11-23T03:12:09Z)}} {{TIME(2026-11-23T03:12:09Z)}}",
    "a\\*b \\",
    "===",
    "---",
    "| a | b |",
  ]
    .map(plainLine)
    .filter((text) => text !== "")
    .map((text) => text.slice(0, 900));

  it("is shown in a card as it was written: no heading, link, mention or date can be made of it", () => {
    for (const text of said) {
      const shown = cardText([{ said: text }], names);
      const html = markdown.render(shown);
      assert.match(html, /^<p>[^<]*<\/p>\n$/, shown);
      assert.equal(unescapeHtml(html.slice(3, -5)), text.trim());
      assert.doesNotMatch(shown, /\{\{|<at>/);
    }
  });

  it("is shown in a message as it was written", () => {
    for (const text of said) {
      const html = messageHtml([{ said: text }], names);
      assert.doesNotMatch(html, /[<>"']/);
      assert.equal(unescapeHtml(html), text);
    }
  });

  it("is cut after it was made inert, between characters", () => {
    const long = cardText([{ said: "😀".repeat(2_000) }], names);
    assert.ok(long.endsWith("😀…") && long.isWellFormed());
    const html = messageHtml(
      Array.from({ length: 99 }, () => ({ said: "<>".repeat(500) })),
      names,
    );
    assert.match(html, /;…$/);
  });

  it("calls nobody: only our own words do, and by the Entra object id", () => {
    const text = [
      "calling ",
      { mention: "carol" },
      " ",
      { mention: "nobody" },
      { said: " <at>Bob Ortiz</at>" },
    ] as const;
    const [sent] = textMessage(text, names).attachments ?? [];
    assert.deepEqual(sent?.content.msteams?.entities, [
      { type: "mention", text: "<at>Carol Diaz</at>", mentioned: { id: "aad-carol", name: "Carol Diaz" } },
    ]);
    assert.match(JSON.stringify(sent.content.body), /<at>Carol Diaz<\/at> nobody \\\\<at\\\\>Bob Ortiz/);
  });
});

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&" };

function unescapeHtml(html: string): string {
  return html.replace(/&(?:#(\d+)|([a-z]+));/g, (whole, code: string | undefined, name: string | undefined) =>
    code === undefined ? (ENTITIES[name ?? ""] ?? whole) : String.fromCharCode(Number(code)),
  );
}
