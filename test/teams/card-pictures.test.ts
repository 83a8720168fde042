import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, it } from "node:test";
import { z } from "zod";
import { inChromium, withoutChromium } from "../demo/browser.ts";
import { adaptiveCard } from "../support/teams/adaptive-card.ts";
import { LOOKS } from "../support/teams/host-config.ts";
import { readable } from "../support/teams/teamwork.ts";

const PAGE = join(import.meta.dirname, "../support/teams/card-page.html");
const GOLDEN = join(import.meta.dirname, "../fixtures/cards/teams.json");
/** A folder to put the pictures into, to look at. */
const PICTURES = process.env["CARD_PICTURES"];
/** A channel's width, and that of a narrow window or a telephone; a card that is longer than so is not read before it is clicked. */
const WIDTHS = [
  { width: 600, tallest: 1_000 },
  { width: 300, tallest: 1_800 },
];

const drawnSchema = z.record(
  z.string(),
  z.object({ problems: z.array(z.string()), text: z.string(), height: z.number() }),
);

describe("the golden Adaptive Cards, drawn by Microsoft's renderer", { skip: withoutChromium }, () => {
  it("stand there whole, in light and dark, wide and narrow", async () => {
    const cards = z.record(z.string(), adaptiveCard).parse(JSON.parse(await readFile(GOLDEN, "utf8")));
    const packages = createRequire(import.meta.url);
    const wrong: string[] = [];
    await inChromium("about:blank", async (page) => {
      await page.setContent(await readFile(PAGE, "utf8"));
      for (const path of ["adaptivecards/dist/adaptivecards.min.js", "markdown-it/dist/markdown-it.min.js"])
        await page.addScriptTag({ path: packages.resolve(path) });
      await page.addStyleTag({ path: packages.resolve("adaptivecards/dist/adaptivecards.css") });
      for (const [scheme, look] of Object.entries(LOOKS)) {
        for (const { width, tallest } of WIDTHS) {
          const drawn = drawnSchema.parse(
            await page.evaluate(`draw(${JSON.stringify({ cards, look, scheme, width })})`),
          );
          if (PICTURES !== undefined) {
            await mkdir(PICTURES, { recursive: true });
            await page.screenshot({ path: join(PICTURES, `cards-${scheme}-${width}.png`), fullPage: true });
          }
          assert.deepEqual(Object.keys(drawn), Object.keys(cards));
          for (const [name, { problems, text, height }] of Object.entries(drawn)) {
            const say = (what: string) => wrong.push(`${name}, ${scheme}, ${width} wide: ${what}`);
            problems.forEach(say);
            if (height < 30 || height > tallest) say(`${height} high`);
            const missing = piecesOf(readable({ text: "", card: cards[name] })).filter(
              (each) => !tight(text).includes(each),
            );
            if (missing.length > 0) say(`not to be read: ${missing.join(" | ")}`);
            // What a person typed is shown as it was typed, and escaped in the card.
            if (/\{\{|\*\*|<\/?at>/.test(text) && !/\\[*<{]/.test(JSON.stringify(cards[name])))
              say(`markup is shown as it is written:\n${text}`);
          }
        }
      }
    });
    assert.equal(wrong.join("\n"), "");
  });
});

/** What must stand there, without what is drawn otherwise than it is written: spaces, times, what separates. */
function piecesOf(text: string): string[] {
  return text
    .split(/\{\{[^}]*\}\}|: |[[\]\n]/)
    .map(tight)
    .filter((piece) => piece !== "");
}

function tight(text: string): string {
  return text.replace(/\s+/g, "");
}
