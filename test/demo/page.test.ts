import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HomeView } from "@slack/web-api";
import { inChromium, withoutChromium } from "./browser.ts";
import { onStage } from "./listening-bot.ts";

const skip = withoutChromium;

/** The contrast of two opaque colours, `rgb(r, g, b)`, as WCAG 2.2 reckons it: 1 to 21. */
function contrast(...colours: [string, string]): number {
  const luminances = colours.map((colour) => {
    const [red = 0, green = 0, blue = 0] = (/^rgb\((.*)\)$/.exec(colour)?.[1] ?? "")
      .split(",")
      .map((part) => Number(part) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  });
  return Math.max(...luminances) / Math.min(...luminances);
}

describe("the demo's page", { skip }, () => {
  it("shows a person their channels, and what arrives while they look", async () => {
    await onStage(async ({ slack, client }) => {
      await inChromium(`${slack.url}/#U0BOB/C0INCIDENTS`, async (page) => {
        await page.getByRole("button", { name: "approvals" }).waitFor();
        assert.equal(await page.getByRole("button", { name: "secret" }).count(), 0);
        await client.chat.postMessage({ channel: "C0INCIDENTS", text: "Orders are *stuck*." });
        await page.getByText("Orders are stuck.", { exact: true }).waitFor();
        await client.chat.postMessage({ channel: "C0APPROVALS", text: "one" });
        await client.chat.postMessage({ channel: "C0APPROVALS", text: "two" });
        await page.getByRole("button", { name: "approvals 2 unread messages" }).click();
        await page.getByText("two", { exact: true }).waitFor();
        assert.equal(await page.getByText("unread messages").count(), 0);
      });
    });
  });

  it("turns nothing that was typed into markup", async () => {
    const evil = `<img src=x onerror="document.title='owned'"> <script>1</script> &lt;b&gt; javascript:alert(1)`;
    await onStage(async ({ slack, client }) => {
      await inChromium(`${slack.url}/#U0ALICE/C0INCIDENTS`, async (page) => {
        await page.getByLabel("Message #incidents").fill(evil);
        await page.keyboard.press("Enter");
        const said = page.locator(".message .text").first();
        await said.waitFor();
        assert.equal(await said.textContent(), evil);
        await client.chat.postMessage({
          channel: "C0INCIDENTS",
          text: "fallback",
          blocks: [
            { type: "header", text: { type: "plain_text", text: "<img src=x>" } },
            { type: "section", text: { type: "mrkdwn", text: "<javascript:alert(1)|click> &lt;img src=x&gt;" } },
          ],
        });
        await page.getByRole("heading", { name: "<img src=x>" }).waitFor();
        await page.getByText("<javascript:alert(1)|click> <img src=x>").waitFor();
        assert.equal(await page.locator(".messages img, .messages a, .messages script").count(), 0);
      });
    });
  });

  it("sends a command as typed, and marks the answer as one's own", async () => {
    await onStage(async (scene) => {
      scene.answer = () => ({ response_type: "ephemeral", text: "You may ask for `reader`." });
      await inChromium(`${scene.slack.url}/#U0ALICE/C0INCIDENTS`, async (page) => {
        await page.getByLabel("Message #incidents").fill("/breakglass orders-db root 15m because <b>");
        await page.keyboard.press("Enter");
        await page.getByText("Only visible to you").waitFor();
        await page.locator(".message code", { hasText: "reader" }).waitFor();
        const [told] = scene.heard;
        assert.deepEqual([told?.command, told?.text], ["/breakglass", "orders-db root 15m because <b>"]);
        await page.getByRole("radio", { name: "Bob" }).check();
        await page.getByRole("button", { name: "approvals" }).waitFor();
        assert.equal(await page.getByText("Only visible to you").count(), 0);
      });
    });
  });

  it("shows the app's Home to its one person, tells the app when it is opened, and sends clicks on it", async () => {
    await onStage(async ({ slack, client, heard }) => {
      const section = (text: string) => ({
        ...{ type: "section", text: { type: "mrkdwn", text } },
        accessory: { type: "button", action_id: "ask", value: text, text: { type: "plain_text", text: "Ask" } },
      });
      await inChromium(`${slack.url}/#U0ALICE/C0INCIDENTS`, async (page) => {
        await page.getByRole("button", { name: "Home" }).click();
        await page.getByText("The app has not drawn it yet").waitFor();
        await slack.workspace.waitFor(() => heard.some(({ event }) => event?.type === "app_home_opened"));
        assert.deepEqual([heard[0]?.event?.user, heard[0]?.event?.tab], ["U0ALICE", "home"]);
        const view = { type: "home", blocks: [section("*orders-db* <@U0BOB>")] } as HomeView;
        await client.views.publish({ user_id: "U0ALICE", view });
        await page.locator("#home", { hasText: "orders-db @Bob Ortiz" }).waitFor();
        assert.equal(await page.locator("#composer").isVisible(), false);
        await page.getByRole("button", { name: "Ask" }).click();
        await slack.workspace.waitFor(() => heard.some(({ actions }) => actions?.[0]?.action_id === "ask"));
        // Somebody else has another one, and the app hears of it.
        await page.getByRole("radio", { name: "Bob" }).check();
        await page.getByText("The app has not drawn it yet").waitFor();
        await slack.workspace.waitFor(() => heard.some(({ event }) => event?.user === "U0BOB"));
        await page.getByRole("button", { name: "approvals" }).click();
        assert.equal(await page.locator("#home").isVisible(), false);
      });
    });
  });

  it("asks before a dangerous click, and sends the click once", async () => {
    const confirm = {
      title: { type: "plain_text", text: "Revoke now?" },
      text: { type: "plain_text", text: "Access ends at once." },
      confirm: { type: "plain_text", text: "Revoke" },
      deny: { type: "plain_text", text: "Cancel" },
    } as const;
    await onStage(async ({ slack, client, heard }) => {
      await client.chat.postMessage({
        channel: "C0INCIDENTS",
        text: "card",
        blocks: [
          { type: "header", text: { type: "plain_text", text: "🟢 BG-7K3M2Q" } },
          {
            type: "actions",
            elements: [
              {
                type: "button",
                action_id: "revoke",
                value: "BG-7K3M2Q",
                text: { type: "plain_text", text: "Revoke now" },
                style: "danger",
                confirm,
              },
            ],
          },
        ],
      });
      await inChromium(`${slack.url}/#U0ALICE/C0INCIDENTS`, async (page) => {
        await page.locator(".card.active").waitFor();
        await page.getByRole("button", { name: "Revoke now" }).click();
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
        await page.getByRole("button", { name: "Revoke now" }).click();
        await page.getByRole("button", { name: "Revoke", exact: true }).click();
        await slack.workspace.waitFor(() => heard.length > 0);
        assert.deepEqual(
          heard.map(({ actions }) => [actions?.[0]?.action_id, actions?.[0]?.value]),
          [["revoke", "BG-7K3M2Q"]],
        );
      });
    });
  });

  it("shows a file that the app shared, and opens it beside the page, where it can do nothing to it", async () => {
    await onStage(async ({ slack, client }) => {
      const bytes = Buffer.from("<!doctype html><title>Before</title><script>document.title = 'Mine'</script>");
      const { file_id: id = "", upload_url: url = "" } = await client.files.getUploadURLExternal({
        filename: "record.html",
        length: bytes.length,
      });
      await fetch(url, { method: "POST", body: new Blob([Uint8Array.from(bytes)]) });
      await client.conversations.join({ channel: "C0INCIDENTS" });
      await client.files.completeUploadExternal({ files: [{ id, title: "The record" }], channel_id: "C0INCIDENTS" });
      await inChromium(`${slack.url}/#U0ALICE/C0INCIDENTS`, async (page) => {
        const opening = page.context().waitForEvent("page");
        await page.getByRole("link", { name: "The record" }).click();
        const opened = await opening;
        await opened.waitForLoadState();
        assert.equal(await opened.title(), "Before");
      });
    });
  });

  it("opens a thread beside the channel, and answers in it", async () => {
    await onStage(async ({ slack, client }) => {
      const { ts = "" } = await client.chat.postMessage({ channel: "C0INCIDENTS", text: "root" });
      await client.chat.postMessage({ channel: "C0INCIDENTS", text: "first line", thread_ts: ts });
      await inChromium(`${slack.url}/#U0ALICE/C0INCIDENTS`, async (page) => {
        await page.getByRole("button", { name: "1 reply" }).click();
        const thread = page.getByRole("tabpanel", { name: "Thread" });
        await thread.getByText("first line").waitFor();
        await thread.getByLabel("Reply in thread").fill("thanks");
        await page.keyboard.press("Enter");
        await thread.getByText("thanks").waitFor();
        await page.getByRole("button", { name: "2 replies" }).waitFor();
        assert.equal(slack.workspace.thread("C0INCIDENTS", ts).at(-1)?.text, "thanks");
      });
    });
  });

  it("leads a newcomer: types the request, and sees what is done", async () => {
    await onStage(async (scene) => {
      const { client, heard, slack } = scene;
      await inChromium(`${slack.url}/#U0BOB/C0INCIDENTS`, async (page) => {
        await page.getByRole("button", { name: "Type it for me" }).click();
        await page.getByLabel("Message #incidents").press("Enter");
        await slack.workspace.waitFor(() => heard.length > 0);
        assert.equal(heard[0]?.text, "orders-db writer 15m INC-42 orders stuck");
        assert.equal(await page.getByRole("radio", { name: "Alice" }).isChecked(), true);
        await client.chat.postMessage({ channel: "C0INCIDENTS", text: "🟡 BG-7K3M2Q" });
        await page.getByRole("button", { name: "Become Carol" }).click();
        await page.getByLabel("Message #approvals").waitFor();
        assert.equal(await page.getByRole("radio", { name: "Carol" }).isChecked(), true);
        await client.chat.postMessage({ channel: "C0INCIDENTS", text: "Access is on: `bg_7k3m2q`" });
        await page.getByRole("button", { name: "Become Alice" }).waitFor();
      });
    });
  });

  it("shows a newcomer's first command so that it can be read, in the light and in the dark", async () => {
    await onStage(async ({ slack }) => {
      await inChromium(`${slack.url}/#U0ALICE/C0INCIDENTS`, async (page) => {
        await page.locator(".step code").first().waitFor();
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          const style = "getComputedStyle(document.querySelector('.step code'))";
          const ink = await page.evaluate<string>(`${style}.color`);
          const paper = await page.evaluate<string>(`${style}.backgroundColor`);
          // WCAG 2.2, 1.4.3: at least 4.5 to 1.
          assert.ok(contrast(ink, paper) >= 4.5, `${colorScheme}: ${ink} on ${paper}`);
        }
      });
    });
  });

  it("fits a phone: nothing is wider than the window, and the channels are behind a button", async () => {
    await onStage(async ({ slack, client }) => {
      await client.chat.postMessage({ channel: "C0INCIDENTS", text: `psql "${"long".repeat(60)}"` });
      await inChromium(
        `${slack.url}/#U0BOB/C0INCIDENTS`,
        async (page) => {
          await page.locator(".message").waitFor();
          assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 390);
          assert.equal(await page.getByRole("button", { name: "approvals" }).count(), 0);
          await page.getByRole("button", { name: "Channels and messages" }).click();
          await page.getByRole("button", { name: "approvals" }).click();
          await page.getByLabel("Message #approvals").waitFor();
        },
        { width: 390 },
      );
    });
  });
});
