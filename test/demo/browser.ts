import { after } from "node:test";
import { chromium, type Browser, type Page } from "playwright-core";

/** As `npm test` found it. */
const CHROMIUM = process.env["BREAKGLASS_CHROMIUM"] ?? "";

/** For a test's `skip`: why the page can't be looked at here, or false. */
export const withoutChromium =
  CHROMIUM === "" ? "needs a chromium or google-chrome on the path: on Debian, apt-get install chromium" : false;

/** One for all tests of a process: starting it costs more than most pages do. */
let browser: Promise<Browser> | undefined;

after(async () => {
  await (await browser)?.close();
});

async function launched(): Promise<Browser> {
  browser ??= chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  return await browser;
}

/**
 * Opens a page in Chromium, works with it, and closes it. What the page complains of fails the test.
 *
 * @param url - the page
 * @param work - what is tried
 * @param options - `width`: of the window; `foreign`: the page is somebody else's, and may complain; `refused`: what of our own
 *   server's answers the browser complains of, because the test means it
 */
export async function inChromium(
  url: string,
  work: (page: Page) => Promise<void>,
  options: { width?: number; foreign?: boolean; refused?: RegExp } = {},
): Promise<void> {
  // Nothing of one is known to another.
  const context = await (await launched()).newContext({ viewport: { width: options.width ?? 1280, height: 800 } });
  const complaints: string[] = [];
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(options.foreign === true ? 60_000 : 10_000);
    // What it wants from elsewhere may never come.
    if (options.foreign === true)
      await page.route(
        ({ hostname }) => hostname !== "localhost",
        async (route) => {
          await route.abort();
        },
      );
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (line) => {
      if (line.type() === "error" && options.refused?.test(line.text()) !== true) complaints.push(line.text());
    });
    await page.goto(url, { waitUntil: options.foreign === true ? "commit" : "load" });
    await work(page);
  } finally {
    await context.close();
  }
  if (complaints.length > 0 && options.foreign !== true)
    throw new Error(`the page complains: ${complaints.join("; ")}`);
}
