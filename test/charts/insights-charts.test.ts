import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Resvg } from "@resvg/resvg-js";
import { fontFiles, rasterize } from "../../src/charts/rasterize.ts";
import { insightsCharts } from "../../src/charts/insights-charts.ts";
import { widthOf } from "../../src/charts/text-width.ts";
import { COLOURS, WIDTH } from "../../src/charts/svg.ts";
import { AWKWARD } from "./awkward.ts";

/** INSIGHTS_PICTURES=folder: draws them, to look at. */
const { INSIGHTS_PICTURES } = process.env;

interface Box {
  readonly said: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where each text of a picture stands at most. */
function boxes(svg: string): Box[] {
  const found = svg.matchAll(
    /<text x="([\d.]+)" y="([\d.]+)" font-size="(\d+)" fill="[^"]+" text-anchor="(\w+)"([^>]*)>([^<]*)</g,
  );
  return [...found].map(([, x, y, size, anchor, more, escaped = ""]) => {
    const said = escaped
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&");
    const width = widthOf(said, Number(size), more?.includes("bold"));
    const left = Number(x) - (anchor === "end" ? width : anchor === "middle" ? width / 2 : 0);
    return {
      said,
      left,
      right: left + width,
      top: Number(y) - Number(size) * 0.8,
      bottom: Number(y) + Number(size) * 0.2,
    };
  });
}

function overlaps(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

describe("pictures of insights", () => {
  for (const [name, insights] of Object.entries(AWKWARD)) {
    it(`hold all their texts, none over another: ${name}`, () => {
      const charts = insightsCharts(insights);
      assert.equal(charts.length, name === "nothing" ? 0 : 6);
      for (const { name: chart, svg } of charts) {
        const all = boxes(svg);
        assert.ok(all.length > 4, chart);
        // A number that is cut off is another number.
        if (["approval-times", "lateness"].includes(chart)) assert.doesNotMatch(svg, /…/, chart);
        assert.equal(all.length, svg.match(/<text/g)?.length, "each text was looked at");
        const height = Number(/viewBox="0 0 640 (\d+)"/.exec(svg)?.[1]);
        assert.ok(height <= WIDTH, `${chart} is ${height} high: Teams shows a square at most`);
        for (const box of all) {
          assert.ok(box.left >= 0 && box.right <= WIDTH && box.bottom <= height, `${chart}: ${box.said} is cut off`);
          const over = all.find((other) => other !== box && overlaps(box, other));
          assert.equal(over?.said, undefined, `${chart}: ${box.said}`);
        }
      }
    });
  }

  it("reckon with as much room for a text as it takes", () => {
    const TEXTS = [
      "orders-db writer",
      "il1|.,:;'!jtf",
      "MWmw@%W",
      "a-rather-long-target-name",
      "75 (52 %)",
      "Granted and used",
      "база данных",
      "to 30 min",
    ];
    for (const said of [
      ...TEXTS,
      ...Array.from(TEXTS.join(""))
        .filter((letter) => letter.trim() !== "")
        .map((letter) => letter.repeat(20)),
    ]) {
      const one = `<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="40"><text x="0" y="20" font-size="14" font-family="DejaVu Sans">${said.replaceAll("&", "&amp;")}</text></svg>`;
      const drawn =
        new Resvg(one, { font: { fontFiles: fontFiles(), loadSystemFonts: false } }).getBBox()?.width ?? Infinity;
      assert.ok(
        drawn <= widthOf(said, 14) + 1,
        `${said} is ${drawn} wide, and ${widthOf(said, 14)} were reckoned with`,
      );
    }
  });

  it("are read on their own card, in colours that stand out from it", () => {
    const luminance = (colour: string) => {
      const [red = 0, green = 0, blue = 0] = [1, 3, 5]
        .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
        .map((each) => (each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (colour: string) => 1.05 / (luminance(colour) + 0.05);
    // Those that lie beside each other, to whoever tells no blue from green: by their lightness.
    assert.ok(contrast(COLOURS.blue) / contrast(COLOURS.green) >= 2.5);
    assert.ok(contrast(COLOURS.blue) / contrast(COLOURS.orange) >= 2.5);
    for (const colour of [COLOURS.ink, COLOURS.soft]) assert.ok(contrast(colour) >= 4.5, colour);
    for (const colour of [COLOURS.blue, COLOURS.green, COLOURS.orange, COLOURS.grey])
      assert.ok(contrast(colour) >= 3, colour);
  });

  it("become PNG that Teams and Slack take, with a font of their own", async () => {
    const all = await Promise.all(insightsCharts(AWKWARD.thirty).map(async ({ svg }) => await rasterize(svg)));
    const bytes = all.reduce((sum, png) => sum + png.length, 0);
    assert.ok(bytes * (4 / 3) < 240_000, `${bytes} bytes: Teams takes 256 kB in one message, in base64`);
    const [chart] = insightsCharts(AWKWARD.usual);
    const png = Buffer.from(await rasterize(chart?.svg ?? ""));
    assert.equal(png.readUInt32BE(0), 0x89504e47);
    assert.ok(png.readUInt32BE(16) <= 1_024 && png.readUInt32BE(20) <= 1_024);
    assert.ok(png.length < 30_000, `${png.length} bytes`);
    // A picture without a font has no texts in it, and is smaller.
    const mute = Buffer.from(await rasterize((chart?.svg ?? "").replace(/<text.*<\/text>/g, "")));
    assert.ok(png.length > mute.length * 2);
  });

  it("are drawn to look at", { skip: INSIGHTS_PICTURES === undefined }, async () => {
    for (const [name, insights] of Object.entries(AWKWARD))
      for (const chart of insightsCharts(insights)) {
        mkdirSync(join(INSIGHTS_PICTURES ?? "", name), { recursive: true });
        writeFileSync(join(INSIGHTS_PICTURES ?? "", name, `${chart.name}.png`), await rasterize(chart.svg));
      }
  });
});
