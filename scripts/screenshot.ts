import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { startDemo } from "../src/demo/start-demo.ts";
import { silent } from "../src/log.ts";

/** `npm run screenshot`: makes the README's picture anew, from the real demo. */
const PICTURE = fileURLToPath(new URL("../docs/demo.png", import.meta.url));
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

if (!existsSync(CHROMIUM)) {
  console.error(
    `Chromium is not at ${CHROMIUM}. Install it (Debian: apt-get install chromium), or set CHROMIUM to where it is.`,
  );
  process.exit(2);
}

const demo = await startDemo({
  port: 0,
  env: process.env,
  log: silent,
  say: (line) => {
    console.error(line);
  },
});
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
  ],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(demo.url);
  const composer = page.getByRole("textbox", { name: /Message #inc-42/ });
  await composer.fill("/breakglass orders-db writer 15m INC-42 orders stuck after failover");
  await composer.press("Enter");
  await page.getByText("waiting for approval").first().waitFor();
  const { workspace } = demo.slack;
  const card = await workspace.waitFor(() => workspace.messages("C0APPROVALS").at(-1), { what: "the approval card" });
  await workspace.as("U0CAROL").click(card, { text: "Approve" });
  await page.getByText("Access is on").first().waitFor();
  // The last line settles, and the picture is of a still page.
  await page.waitForTimeout(800);
  await page.screenshot({ path: PICTURE });
  console.error(`made ${PICTURE}`);
} finally {
  await browser.close();
  await demo.stop();
}
