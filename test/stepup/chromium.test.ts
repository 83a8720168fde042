import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { ALICE, APPROVALS, CAROL, INC_42, SECURITY } from "../support/acme.ts";
import { ask, click } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { lastLink, linkByClick, openStepUpStage, type StepUpStage } from "../support/step-up.ts";
import { until } from "../support/until.ts";
import { inChromium, withoutChromium } from "../demo/browser.ts";

/** Where pictures of the page go, to look at; nowhere if not asked for. */
const PICTURES = process.env["PAGE_PICTURES"];

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}

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

const roles = ({ yaml }: CommandTarget) => `
  tool:
    title: Admin tool
    ${yaml}
    roles:
      user:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        stepUp: [approver]
        duration: { default: 15m, max: 30m }
      viewer: { grant: {}, requesters: [sre], approval: automatic, duration: { default: 15m, max: 30m } }
`;

/** What the page shows in its fields. */
const shownIn = async (page: Page) => ({
  user: await page.getByLabel("User", { exact: true }).inputValue(),
  password: await page.getByLabel("Password", { exact: true }).inputValue(),
});

describe("step-up in a real browser, with its virtual security key", { skip: withoutChromium }, () => {
  let target: CommandTarget;
  let opened: StepUpStage;

  before(async () => {
    target = await commandTarget();
    opened = await openStepUpStage({ targets: roles(target) });
  });
  after(async () => {
    await opened.stop();
    await target.remove();
  });

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

  const given = async () => {
    const { stage } = opened;
    const id = await ask(stage, ALICE, "tool viewer INC-42 orders stuck after failover");
    const message = await stage.direct(ALICE, new RegExp(`${id} · access is on[^]*shown once`));
    await click(stage, ALICE, message, { text: "Open credential" });
    return { id, link: lastLink(stage, ALICE) };
  };

  it("opens a credential without a key, copies it, rotates it and ends the access, on a phone", async () => {
    const { stage } = opened;
    const { id, link } = await given();
    await inChromium(
      link,
      async (page) => {
        await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
        await page.getByText("A security key would be better").waitFor();
        assert.ok(!(await page.getByLabel("Password", { exact: true }).isVisible()));
        await picture(page, "before");
        await page.getByRole("button", { name: "Open it" }).click();
        await page.getByText(/Access ends in 1[45]:\d\d/).waitFor();
        const first = await shownIn(page);
        assert.equal(first.user, id.toLowerCase().replace("-", "_"));
        assert.match(first.password, /^[0-9a-f]{32}$/);
        await picture(page, "shown");
        await page.getByRole("button", { name: "Copy the password" }).click();
        await page.getByText("Copied").waitFor();
        assert.equal(await page.evaluate("navigator.clipboard.readText()"), first.password);
        assert.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is too wide");
        await stage.line(INC_42, id, /^Alice Ng opened the credential\.$/);

        await page.getByRole("button", { name: "Rotate" }).click();
        await stage.line(INC_42, id, /^A fresh credential waits for Alice Ng/);
        await page.getByRole("button", { name: "Open it" }).click();
        await page.getByText(/Access ends in/).waitFor();
        const fresh = await shownIn(page);
        assert.notEqual(fresh.password, first.password);
        const kept = await page.evaluate(
          "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
        );
        for (const { password } of [first, fresh]) assert.ok(!`${String(kept)} ${page.url()}`.includes(password));

        await page.getByRole("button", { name: "End now" }).click();
        await page.getByText("It is being ended.").waitFor();
        await page.getByRole("heading", { name: `⚪ ${id}` }).waitFor();
        assert.deepEqual(await shownIn(page), { user: "", password: "" });
        await stage.line(INC_42, id, /^Gone, and checked/);
        await page.reload();
        await page.getByText("Access is over").first().waitFor();
      },
      { width: 390, refused: /410 \(Gone\)/ },
    );
  });

  it("opens one with a key; loaded again, it is not shown again", async () => {
    const { stage, invite } = opened;
    await inChromium(
      await invite("alice"),
      async (page) => {
        await virtualKey(page);
        await page.getByLabel("What do you call this key?").fill("Phone");
        await page.getByRole("button", { name: "Enrol this key" }).click();
        await page.getByText("Your key is enrolled.").waitFor();
        const { id, link } = await given();
        await page.goto(link);
        // An answer that is lost on its way is asked for again by the same page, once it is loaded again.
        await page.route("**/credential/*", async (route) => {
          await (route.request().method() === "POST" ? route.fetch().then(() => route.abort()) : route.continue());
        });
        await page.getByRole("button", { name: "Open it with my key" }).click();
        await page.getByText("The server can't be reached just now.").waitFor();
        await page.unrouteAll();
        await stage.line(INC_42, id, /^Alice Ng opened the credential, with a security key\.$/);
        await page.reload();
        await page.getByRole("button", { name: "Open it with my key" }).click();
        await page.getByText(/Access ends in/).waitFor();
        assert.match((await shownIn(page)).password, /^[0-9a-f]{32}$/);
        await picture(page, "by key");
        await until(
          async () => ((await fetch(link)).status === 410 ? true : undefined),
          "the page to say that it came",
        );
        await page.reload();
        await page.getByText("This was shown already").first().waitFor();
        assert.equal(stage.thread(INC_42, id).filter((line) => line.includes("opened the credential")).length, 1);
      },
      { refused: /410 \(Gone\)|ERR_FAILED/ },
    );
  });
});
