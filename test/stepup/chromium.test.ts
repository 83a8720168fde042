import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { ALICE, APPROVALS, CAROL, INC_42, SECURITY } from "../support/acme.ts";
import { ask } from "../support/ask.ts";
import { linkByClick, openStepUpStage, type StepUpStage } from "../support/step-up.ts";
import { inChromium, withoutChromium } from "../demo/browser.ts";

/** A security key that Chromium itself stands in for. */
async function virtualKey(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

describe("step-up in a real browser, with its virtual security key", { skip: withoutChromium }, () => {
  let opened: StepUpStage;

  before(async () => {
    opened = await openStepUpStage();
  });
  after(() => opened.stop());

  it("enrols a key, and approves with it", async () => {
    const { stage, invite } = opened;
    await inChromium(await invite("carol"), async (page) => {
      await virtualKey(page);
      await page.getByText("This is for Carol Diaz").waitFor();
      await page.getByLabel("What do you call this key?").fill("Laptop");
      await page.getByRole("button", { name: "Enrol this key" }).click();
      await page.getByText("Your key is enrolled.").waitFor();
      await stage.message(SECURITY, /Carol Diaz enrolled "Laptop"/);

      const id = await ask(stage, ALICE, "tool user INC-42 orders stuck");
      const card = await stage.message(APPROVALS, new RegExp(id));
      await page.goto(await linkByClick(stage, CAROL, card));
      for (const text of ["Alice Ng", "user", "Admin tool (tool)", "15 min", "INC-42 orders stuck", "Carol Diaz"])
        await page.getByText(text).first().waitFor();
      assert.doesNotMatch(stage.thread(INC_42, id).join("\n"), /approved/);
      await page.getByRole("button", { name: "Confirm with my key" }).click();
      await page.getByText("Your approval is recorded.").waitFor();
      await stage.line(INC_42, id, /^Carol Diaz approved, with a security key\.$/);
      await stage.message(APPROVALS, /Approved by Carol Diaz/);
    });
  });
});
