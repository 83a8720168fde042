import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Locator, Page } from "playwright-core";
import { startDemo, type Demo } from "../../src/demo/start-demo.ts";
import { silent } from "../../src/log.ts";
import { linkIn } from "../support/step-up.ts";
import { until } from "../support/until.ts";
import { inChromium, withoutChromium } from "./browser.ts";

const ASKED = "/breakglass orders-db writer 15m INC-42 orders stuck";

/** Types into a channel and sends it. */
async function type(page: Page, channel: string, text: string): Promise<void> {
  await page.getByLabel(`Message #${channel}`).fill(text);
  await page.keyboard.press("Enter");
}

/** What the messages of the open channel say that only this person sees, the newest last. */
const toMe = (page: Page) => page.locator(".message", { hasText: "Only visible to you" });

describe("the demo in the browser, with the real bot behind it", { skip: withoutChromium }, () => {
  let demo: Demo;

  before(async () => {
    demo = await startDemo({ port: 0, env: process.env, log: silent, say: () => undefined });
  });
  after(() => demo.stop());

  const as = async (person: string, channel: string, work: (page: Page) => Promise<void>) => {
    await inChromium(`${demo.url}/#${person}/${channel}`, work);
  };

  it("refuses Mallory, and says what to do", async () => {
    await as("U0MALLORY", "C0INC42", async (page) => {
      await type(page, "inc-42-orders-down", ASKED);
      await toMe(page).getByText("The policy does not know you").waitFor();
      await type(page, "inc-42-orders-down", "/breakglass");
      const dialog = page.getByRole("dialog");
      await dialog.getByText("The policy does not know you").waitFor();
      assert.equal(await dialog.getByRole("combobox").count(), 0);
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
    });
    assert.deepEqual(demo.slack.workspace.messages("C0APPROVALS"), []);
  });

  it("tells the whole story: ask, approve, query, end, and a database that says no", async () => {
    await as("U0ALICE", "C0INC42", async (page) => {
      await type(page, "inc-42-orders-down", ASKED);
      await toMe(page).getByText("waiting for approval").waitFor();

      for (const [person, refusal] of [
        ["Mallory", "The policy does not know you"],
        ["Bob", "You are not an approver of BG-"],
      ] as const) {
        await page.getByRole("radio", { name: person }).check();
        await page.getByRole("button", { name: /^approvals/ }).click();
        await page.getByRole("button", { name: "Approve" }).click();
        await toMe(page).getByText(refusal).waitFor();
      }
      await page.getByRole("radio", { name: "Carol" }).check();
      await page.getByRole("button", { name: "Approve" }).click();
      // The card, not the answer to the click: that says it too, in small letters.
      await page.getByText(/Approved by Carol Diaz/).waitFor();
      assert.equal(await page.getByRole("button", { name: "Approve" }).count(), 0);

      await page.getByRole("button", { name: "Become Alice" }).click();
      await page.getByRole("button", { name: /^Breakglass/ }).click();
      await page.getByText("The user is from your direct message").waitFor();
      await page.getByRole("button", { name: "Open credential" }).click();
      const opens = page.context().waitForEvent("page");
      await page.getByRole("link", { name: "Open the page" }).click();
      const secret = await opens;
      await secret.getByRole("button", { name: "Open it" }).click();
      await secret.getByText("Access ends in").waitFor();
      assert.match(secret.url(), /\/credential\/[\w-]{43}$/);
      const password = await secret.getByLabel("Password", { exact: true }).inputValue();
      // A tab in the background is drawn once a second, and each click waits for that.
      await page.bringToFront();
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Free stuck orders" }).click();
      await page.getByRole("button", { name: "Run", exact: true }).click();
      await page.getByText("Live session as bg_").waitFor();
      const results = page.getByRole("list", { name: "Results" });
      await results.getByText("97 rows").waitFor();
      await page.getByRole("button", { name: "Delete all orders" }).click();
      await page.getByRole("button", { name: "Run", exact: true }).click();
      await results.getByText("violates foreign key").waitFor();
      const edge = async (of: Locator) => {
        const box = await of.boundingBox();
        return (box?.x ?? 0) + (box?.width ?? 0);
      };
      for (const result of await results.getByRole("listitem").all())
        assert.ok((await edge(result)) <= (await edge(results)), "a result goes over the edge");

      await page.getByRole("button", { name: /^inc-42/ }).click();
      await page.getByRole("button", { name: "End now" }).click();
      await page.getByText("The database closed the session: access has ended.").waitFor();
      await page.getByRole("button", { name: "Run", exact: true }).click();
      // The gateway's word while it ends, and the database's own afterwards.
      await results.getByText(/The access of BG-\w{6} is not on|authentication failed/).waitFor();
      await page.getByRole("button", { name: /^Breakglass/ }).click();
      await page.getByText("The credential no longer works.").waitFor();
      await secret.getByText("This access was ended.").waitFor();
      assert.ok(!(await secret.content()).includes(password));
      assert.ok(!(await page.content()).includes(password));

      await page.getByRole("button", { name: /^inc-42/ }).click();
      await page.getByRole("button", { name: /^\d+ replies$/ }).click();
      const thread = page.getByRole("list", { name: "Thread" });
      await thread.getByText("Gone, and checked").waitFor();
      const lines = await thread.locator(".text").allInnerTexts();
      const told = lines.map((line) =>
        line
          .replace(/^[\d:]+\s+/, "")
          .replace(/bg_\w+|\d+\.\d s|[\d:]{8}|Ledger .*/g, "…")
          // The gateway and the worker both close it: whoever comes first.
          .replace(/1 connection closed|no connection was left/, "…"),
      );
      assert.match(told.join("\n"), /Alice Ng ran \d statements?: 1 UPDATE of 97 rows in orders/);
      assert.match(told.join("\n"), /DELETE FROM orders refused[^]*Unusual, high: A statement changes every row/);
      assert.deepEqual(
        // These come a moment later than what they are about.
        told.filter((line) => !/^(Review by|Alice Ng ran|.*Unusual)/.test(line)),
        [
          'Alice Ng asked for writer on orders-db for 15 min: "INC-42 orders stuck". It takes 1 of leads.',
          "Carol Diaz approved.",
          "Access is on: … at orders-db, until ….",
          "Alice Ng opened the credential.",
          "Alice Ng ended it.",
          "Gone, and checked: role removed, …, … after the end. …",
        ],
      );

      await page.getByRole("button", { name: "Become Bob" }).click();
      const channel = page.getByRole("list", { name: "Messages" });
      await channel.getByRole("button", { name: "Review", exact: true }).click();
      const form = page.getByRole("dialog", { name: /^Review BG-/ });
      await form.getByText("A statement changes every row of a table (high)").waitFor();
      for (const [question, answer] of [
        ["What was it?", "An emergency"],
        ["Was it needed?", "Yes"],
        ["Was the time right?", "Right"],
        ["Was the scope right?", "Right"],
      ] as const)
        await form.getByLabel(question).selectOption({ label: answer });
      await form.getByRole("button", { name: "Submit" }).click();
      await page.getByText("That is all there is to it.").waitFor();
      await channel.getByRole("button", { name: /^\d+ replies$/ }).click();
      await thread.getByText("Reviewed by Bob Ortiz").waitFor();
      const record = page.context().waitForEvent("page");
      await thread.getByRole("link", { name: /^Record of BG-/ }).click();
      await (await record).getByText("approved by Carol Diaz (1 of 1)").waitFor();
    });
  });

  it("asks through the form, which says at the field what is wrong", async () => {
    await as("U0BOB", "C0INC42", async (page) => {
      const dialog = page.getByRole("dialog", { name: "Break glass" });
      const [role, duration, why] = ["As what?", "For how long?", "Why?"].map((label) => dialog.getByLabel(label));
      assert.ok(role && duration && why);
      const open = () => type(page, "inc-42-orders-down", "/breakglass");
      const send = () => dialog.getByRole("button", { name: "Ask" }).click();

      await open();
      await role.selectOption("writer");
      // The bot draws the form anew, because each role has its own durations; reader's begins with 5 minutes.
      await until(async () => ((await duration.inputValue()) === "15m" ? true : undefined), "the writer's durations");
      await why.fill("\u200b");
      await send();
      await dialog.getByText("A request needs a justification.").waitFor();
      assert.equal(await why.getAttribute("aria-invalid"), "true");
      assert.equal(await role.getAttribute("aria-invalid"), "false");
      await duration.selectOption("10m");
      await why.fill("INC-42 still stuck");
      await send();
      await dialog.waitFor({ state: "hidden" });
      await page
        .getByText(/🟡.* Bob Ortiz · writer on Orders database .*waiting for approval/)
        .first()
        .waitFor();

      await open();
      await role.selectOption("writer");
      await until(async () => ((await duration.inputValue()) === "15m" ? true : undefined), "the writer's durations");
      await why.fill("once more");
      await send();
      await dialog.getByText("You already asked for this").waitFor();
      assert.equal(await role.getAttribute("aria-invalid"), "true");
      await role.selectOption("reader");
      await until(async () => ((await duration.inputValue()) === "5m" ? true : undefined), "the reader's durations");
      await send();
      await dialog.waitFor({ state: "hidden" });
      await page
        .getByText(/🟢.* Bob Ortiz · reader on Orders database/)
        .first()
        .waitFor();
    });
    const cards = demo.slack.workspace.messages("C0APPROVALS").map((one) => demo.slack.workspace.readable(one));
    assert.match(cards.at(-1) ?? "", /Bob Ortiz[^]*How long: 10 min[^]*INC-42 still stuck/);
  });

  it("lets whoever has no security key at hand play with a stand-in", async () => {
    const { workspace } = demo.slack;
    const persona = (id: string) => {
      const found = workspace.as(id);
      assert.ok(found);
      return found;
    };
    const [alice, bob, carol] = ["U0ALICE", "U0BOB", "U0CAROL"].map(persona);
    assert.ok(alice && bob && carol);
    const newest = async (channel: string, pattern: RegExp) =>
      await until(
        () => workspace.messages(channel).findLast((message) => pattern.test(workspace.readable(message))),
        `a message like ${String(pattern)}`,
      );
    /** The link in the private answer to what somebody does. */
    const linkTo = async (who: typeof alice, act: Promise<unknown>) => {
      const before = workspace.ephemerals(who.id).length;
      await act;
      const answer = await until(() => workspace.ephemerals(who.id)[before], "a private answer");
      return linkIn(JSON.stringify(answer));
    };
    const keyCard = async (person: string) => await newest("C0SECURITY", new RegExp(`${person} · a key to enrol`));
    const invited = async (who: typeof alice) => {
      const card = await newest(workspace.dm(who.id).id, /You can enrol your key now/);
      return await linkTo(who, who.click(card, { text: "Enrol my key" }));
    };
    await alice.command("/breakglass", "key add");
    // Nobody has a key yet: an administrator's click is enough.
    await bob.click(await keyCard("Alice Ng"), { text: "Confirm with a key" });
    await inChromium(
      await invited(alice),
      async (page) => {
        const sign = async (link: string, done: string) => {
          await page.goto(link);
          const name = page.getByLabel("What do you call this key?");
          if ((await name.count()) > 0) await name.fill("Stand-in");
          await page.getByRole("button", { name: "Use the demo's stand-in key" }).click();
          await page.getByText(done).waitFor();
        };
        await sign(page.url(), "Your key is enrolled.");
        await carol.command("/breakglass", "key add");
        const card = await keyCard("Carol Diaz");
        await sign(await linkTo(alice, alice.click(card, { text: "Confirm with a key" })), "It is confirmed.");
        await sign(await invited(carol), "Your key is enrolled.");

        const asked = "orders-db owner INC-43 an index is missing";
        const asks = alice.command("/breakglass", asked, { channel: "C0INC42" });
        await sign(await linkTo(alice, asks), "Your request is confirmed.");
        const waiting = await newest("C0APPROVALS", /owner on Orders database/);
        await sign(await linkTo(carol, carol.click(waiting, { text: "Approve" })), "Your approval is recorded.");
      },
      { width: 390 },
    );
    const root = await newest("C0INC42", /Alice Ng · owner/);
    const thread = () => workspace.thread("C0INC42", root.ts).map((message) => workspace.readable(message));
    await until(() => (thread().some((line) => line.includes("Access is on")) ? true : undefined), "access");
    assert.match(thread().join("\n"), /Alice Ng confirmed it, with a security key[^]*approved, with a security key/);
  });

  it("runs a drill at a button: the whole way at the demo's Postgres, through the gateway, with nobody's help", async () => {
    await as("U0BOB", "C0INC42", async (page) => {
      await page.getByRole("button", { name: "Run a drill" }).click();
      const thread = page.getByRole("tabpanel", { name: "Thread" });
      await thread.getByText(/DRILL · It works: .* logged in through the session gateway/).waitFor();
      await thread.getByText(/DRILL · Passed\. 5 of 5 steps/).waitFor();
    });
  });
});
