import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Redis } from "ioredis";
import type { Page } from "playwright-core";
import { z } from "zod";
import { readConfig } from "../../src/config.ts";
import { startPlayground, type Playground } from "../../src/demo/teams/playground.ts";
import { silent } from "../../src/log.ts";
import { start, type Running } from "../../src/main.ts";
import { freePort } from "../../src/redis/free-port.ts";
import { inChromium, withoutChromium } from "../demo/browser.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { idIn } from "../support/stage.ts";
import {
  ACME_TEAM,
  T_ALICE,
  T_APPROVALS,
  T_BOB,
  T_CAROL,
  T_ERIN,
  T_GENERAL,
  T_GINA,
  T_INCIDENTS,
  T_MALLORY,
  T_SECURITY,
  TENANT,
} from "../support/teams/seed.ts";
import { bothPolicy } from "../support/teams/teams-stage.ts";
import { until } from "../support/until.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 15m, max: 30m }
`;

function withoutPlayground(): string | false {
  try {
    return existsSync(createRequire(import.meta.url).resolve("@microsoft/m365agentsplayground/package.json"))
      ? false
      : "not installed";
  } catch {
    return "needs the development dependency @microsoft/m365agentsplayground";
  }
}

const person = (id: string, name: string, aadObjectId: string) => ({ id, name, aadObjectId });
/** Alice sits before the page; the others come over the Playground's own HTTP. Its General channel is the approvals channel. */
describe("Microsoft's Agents Playground", { skip: withoutChromium || withoutPlayground() }, () => {
  let target: CommandTarget;
  let redis: TestRedis;
  let dir: string;
  let bot: Running;
  let playground: Playground;

  before(async () => {
    target = await commandTarget();
    redis = await startTestRedis();
    dir = await mkdtemp(join(tmpdir(), "bg-playground-"));
    const policy = bothPolicy(targets(target), false)
      .replaceAll(T_APPROVALS, T_GENERAL)
      .replaceAll(T_SECURITY, T_GENERAL);
    await writeFile(join(dir, "policy.yaml"), policy);
    const env = {
      MicrosoftAppTenantId: TENANT,
      TEAMS_PLAYGROUND: "true",
      REDIS_URL: redis.url,
      DATA_DIR: join(dir, "data"),
      POLICY_FILE: join(dir, "policy.yaml"),
      PORT: "0",
    };
    bot = await start(readConfig(env), env, { log: silent });
    playground = await startPlayground({
      port: await freePort(),
      bot: `${bot.url}/api/messages`,
      dir,
      seed: {
        tenant: TENANT,
        bot: ACME_TEAM.bot,
        me: person("user-alice", "Alice Ng", T_ALICE),
        others: [
          person("user-bob", "Bob Ortiz", T_BOB),
          person("user-carol", "Carol Diaz", T_CAROL),
          person("user-gina", "Gina Guest", T_GINA),
          person("user-mallory", "Mallory Reed", T_MALLORY),
          person("user-erin", "Erin Roe", T_ERIN),
        ],
        chat: "personal-chat",
        team: { id: T_GENERAL, name: "Acme" },
        channel: { id: T_INCIDENTS, name: "incidents" },
      },
    });
  });
  after(async () => {
    await playground.stop();
    await bot.stop();
    await redis.stop();
    await target.remove();
    await rm(dir, { recursive: true, force: true });
  });

  /** Where the approval card stands, as the bot remembers it: the Playground shows its page's messages to its page alone. */
  const cardOf = async (id: string) => {
    const client = new Redis(redis.url);
    const told = await until(
      async () => (await client.hget(`{breakglass}:told:${id}`, "teams:card")) ?? undefined,
      "a card",
    );
    client.disconnect();
    return z.object({ posted: z.object({ channel: z.string(), message: z.string() }) }).parse(JSON.parse(told)).posted;
  };
  const onPage = async (work: (page: Page) => Promise<void>) => {
    await inChromium(playground.url, work, { foreign: true });
  };
  const post = async (path: string, body: object) => {
    const response = await fetch(`${playground.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return await response.text();
  };
  const open = async (page: Page, channel: string) => {
    await page.getByText(channel, { exact: true }).first().click();
  };

  it("a request typed in a channel, approved by somebody else: the card turns, and the thread is whole", async () => {
    await onPage(async (page) => {
      await open(page, "incidents");
      await page.getByRole("textbox").first().click();
      await page.keyboard.type("@Break");
      await page.getByText("Breakglass", { exact: true }).last().click();
      await page.keyboard.type(" request db writer 15m INC-42 orders stuck");
      await page.getByRole("button", { name: "Post" }).click();
      await page
        .getByText(/BG-\w{6} · Alice Ng · writer on Orders database · waiting/)
        .first()
        .waitFor();

      await open(page, "General");
      const card = page.getByText(/BG-\w{6} · Alice Ng · writer on Orders database · waiting/).first();
      const id = idIn((await card.textContent()) ?? "");
      const { channel, message } = await cardOf(id);
      const data = { request: id };
      const shown = await post("/_conversation/v1/invoke", {
        name: "adaptiveCard/action",
        value: { action: { type: "Action.Execute", verb: "approve", data }, trigger: "manual" },
        from: { id: "user-carol" },
        conversation: { id: `${channel};messageid=${message}` },
        replyToId: message,
      });
      assert.match(shown, /It was approved by Carol Diaz/);
      await page
        .getByText(/Approved by Carol Diaz, until/)
        .first()
        .waitFor();

      await open(page, "incidents");
      for (const line of [/Carol Diaz approved\./, /Access is on:/]) await page.getByText(line).first().waitFor();
      await open(page, "Personal Chat");
      await page
        .getByText(/shown once, on a page for you alone/)
        .first()
        .waitFor();
    });
  });

  it("an approval clicked on the page: the card turns", async () => {
    const from = { id: "user-bob", name: "Bob Ortiz", aadObjectId: T_BOB };
    const type = async (nth: number, text: string) =>
      await post("/_internal/v1/customActivities", {
        type: "message",
        id: `17000000000${nth}`,
        ...{ text, from, recipient: ACME_TEAM.bot, channelId: "msteams" },
        serviceUrl: `${playground.url}/_connector`,
        conversation: { id: "personal-chat", conversationType: "personal", tenantId: TENANT },
        channelData: { tenant: { id: TENANT } },
      });
    await onPage(async (page) => {
      // A page is shown what comes while it is open, and not before it has made its own connection, whenever that is.
      await open(page, "Personal Chat");
      const answer = page.getByText(/ends your access now, or withdraws/).first();
      for (let nth = 10; !(await answer.isVisible()); nth += 1) {
        assert.ok(nth < 30, "the page is shown nothing");
        await type(nth, "help");
        await answer.waitFor({ timeout: 3_000 }).catch(() => undefined);
      }
      await open(page, "General");
      await type(50, "db writer 10m from Bob");
      const waiting = page.getByText(/BG-\w{6} · Bob Ortiz · writer on Orders database · waiting/).last();
      await waiting.waitFor();
      await page.getByRole("button", { name: "Approve" }).last().click();
      await page
        .getByText(/Approved by Alice Ng, until/)
        .last()
        .waitFor();
    });
  });
});
