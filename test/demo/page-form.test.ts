import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inChromium, withoutChromium } from "./browser.ts";
import { onStage, type Modal } from "./listening-bot.ts";

const text = (words: string) => ({ type: "plain_text", text: words }) as const;
const option = (value: string) => ({ text: text(value), value });

/** A form whose roles follow its target. */
function form(target: string): Modal {
  const roles = target === "orders-db" ? ["reader", "writer"] : ["operator"];
  return {
    type: "modal",
    title: text("Break glass"),
    submit: text("Ask"),
    blocks: [
      {
        type: "input",
        block_id: "target",
        dispatch_action: true,
        label: text("Target"),
        element: {
          type: "static_select",
          action_id: "target",
          options: ["orders-db", "queue"].map(option),
          initial_option: option(target),
        },
      },
      {
        type: "input",
        block_id: `role.${target}`,
        label: text("Role"),
        element: { type: "static_select", action_id: "role", options: roles.map(option) },
      },
      {
        type: "input",
        block_id: "why",
        label: text("Why"),
        element: { type: "plain_text_input", action_id: "why", multiline: true },
      },
    ],
  };
}

describe("a form on the demo's page", { skip: withoutChromium }, () => {
  it("is drawn anew when the bot answers a choice, keeps what was typed, and shows what is wrong", async () => {
    await onStage(async (scene) => {
      const { client, heard, slack } = scene;
      scene.answer = ({ trigger_id, type, view, actions }) => {
        if (type === undefined) void client.views.open({ trigger_id, view: form("orders-db") });
        const chosen = actions?.[0]?.selected_option?.value;
        if (view && chosen !== undefined) void client.views.update({ view_id: view.id, view: form(chosen) });
        return type === "view_submission" ? { response_action: "errors", errors: { why: "Say more." } } : undefined;
      };
      await inChromium(`${slack.url}/#U0ALICE/C0INCIDENTS`, async (page) => {
        await page.getByLabel("Message #incidents").fill("/breakglass");
        await page.keyboard.press("Enter");
        const dialog = page.getByRole("dialog", { name: "Break glass" });
        await dialog.waitFor();
        await dialog.getByLabel("Why").fill("INC-42 orders stuck");
        await dialog.getByLabel("Target").selectOption("queue");
        await dialog.getByLabel("Role").locator("option", { hasText: "operator" }).waitFor({ state: "attached" });
        assert.equal(await dialog.getByLabel("Why").inputValue(), "INC-42 orders stuck");

        await dialog.getByRole("button", { name: "Ask" }).click();
        await dialog.getByText("Please complete this required field.").waitFor();
        assert.equal(heard.filter(({ type }) => type === "view_submission").length, 0);

        await dialog.getByLabel("Role").selectOption("operator");
        await dialog.getByRole("button", { name: "Ask" }).click();
        await dialog.getByText("Say more.").waitFor();
        assert.equal(await dialog.getByLabel("Why").getAttribute("aria-invalid"), "true");
        const sent = heard.find(({ type }) => type === "view_submission")?.view?.state.values;
        assert.deepEqual(sent?.["role.queue"]?.["role"], {
          type: "static_select",
          selected_option: option("operator"),
        });
        assert.deepEqual(sent["why"]?.["why"], { type: "plain_text_input", value: "INC-42 orders stuck" });

        await page.keyboard.press("Escape");
        await dialog.waitFor({ state: "hidden" });
        assert.equal(slack.workspace.as("U0ALICE").view(), null);
      });
    });
  });

  it("says that the bot did not answer", async () => {
    await onStage(async (scene) => {
      const { client, slack } = scene;
      const view: Modal = {
        type: "modal",
        title: text("Deny"),
        submit: text("Deny"),
        blocks: [{ type: "section", text: text("Why?") }],
      };
      scene.answer = ({ trigger_id, type }) => {
        if (type === undefined) void client.views.open({ trigger_id, view });
        return type === "view_submission" ? { response_action: "nonsense" } : undefined;
      };
      await inChromium(`${slack.url}/#U0ALICE/C0INCIDENTS`, async (page) => {
        await page.getByLabel("Message #incidents").fill("/breakglass");
        await page.keyboard.press("Enter");
        await page.getByRole("button", { name: "Deny" }).click();
        await page.getByText("We had some trouble connecting.").waitFor();
      });
    });
  });
});
