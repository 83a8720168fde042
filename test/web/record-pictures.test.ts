import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, it } from "node:test";
import { recordPage } from "../../src/web/record/record-page.ts";
import { inChromium, withoutChromium } from "../demo/browser.ts";
import { activity, factsOf, nameOf, reviewedLife } from "../support/record-scene.ts";

/** Where pictures are kept, to be looked at; otherwise none are. */
const KEPT = process.env["RECORD_PICTURES"];

describe("a record in a browser", { skip: withoutChromium }, () => {
  it("complains of nothing, loads nothing, and is no wider than a phone; printed it is paper white", async () => {
    const dir = KEPT ?? (await mkdtemp(join(tmpdir(), "bg-record-")));
    await mkdir(dir, { recursive: true });
    const path = join(dir, "record.html");
    await writeFile(path, recordPage(await factsOf(await reviewedLife(), { statements: activity() }), nameOf));
    const loaded: string[] = [];
    await inChromium("about:blank", async (page) => {
      page.on("request", (request) => loaded.push(request.url()));
      await page.goto(pathToFileURL(path).href);
      for (const [name, width, colorScheme] of [
        ["screen", 1280, "light"],
        ["dark", 1280, "dark"],
        ["phone", 390, "light"],
      ] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert.equal(wide, 0, `${name} is wider than its window`);
        if (KEPT !== undefined) await page.screenshot({ path: join(dir, `${name}.png`), fullPage: true });
        // This one is docs/record.png.
        if (KEPT !== undefined && name === "screen") {
          const clip = { x: 130, y: 20, width: 1020, height: 1040 };
          await page.screenshot({ path: join(dir, "top.png"), clip, fullPage: true });
        }
      }
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      const ground = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
      assert.equal(ground, "rgb(255, 255, 255)");
      if (KEPT !== undefined)
        await page.pdf({ path: join(dir, "record.pdf"), preferCSSPageSize: true, printBackground: false });
    });
    assert.deepEqual(loaded, [pathToFileURL(path).href]);
    if (KEPT === undefined) await rm(dir, { recursive: true });
  });
});
