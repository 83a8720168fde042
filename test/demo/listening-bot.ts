import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { WebClient } from "@slack/web-api";
import type { ViewsOpenArguments } from "@slack/web-api";
import { pageServer } from "../../src/demo/page-server.ts";
import { startSlack, type Slack, type SlackOptions } from "../../src/demo/slack/start-slack.ts";
import { acme, clientOf } from "./slack/acme.ts";

export type Modal = ViewsOpenArguments["view"];

/** What the workspace tells a bot, as far as these tests look at it. */
export interface Heard {
  type?: string;
  event?: { type: string; user: string; tab: string };
  command?: string;
  text?: string;
  trigger_id: string;
  actions?: { action_id: string; value?: string; selected_option?: { value: string } }[];
  view?: { id: string; state: { values: Record<string, Record<string, unknown>> } };
}

/** A workspace with the demo's page in front and a bot behind it that does what the test says. */
export interface Scene {
  readonly slack: Slack;
  readonly client: WebClient;
  /** Everything that the bot was told. */
  readonly heard: Heard[];
  /** What the bot does with the next things it is told; the result is its ack. */
  answer: (heard: Heard) => unknown;
}

/**
 * Sets the scene, works in it, and clears it away.
 *
 * @param work - what is tried
 * @param mount - more for the page's server
 */
export async function onStage(work: (scene: Scene) => Promise<void>, mount?: SlackOptions["mount"]): Promise<void> {
  const heard: Heard[] = [];
  const bot = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => (body += part));
    request.on("end", () => {
      const told = (isJson(request) ? JSON.parse(body) : formOf(body)) as Heard;
      heard.push(told);
      response.setHeader("content-type", "application/json");
      const ack = scene.answer(told);
      response.end(ack === undefined ? "" : JSON.stringify(ack));
    });
  });
  bot.listen(0, "127.0.0.1");
  await once(bot, "listening");
  const slack = await startSlack({
    seed: acme,
    requestUrl: `http://127.0.0.1:${(bot.address() as AddressInfo).port}/slack/events`,
    mount: (app, workspace) => {
      app.use(pageServer());
      mount?.(app, workspace);
    },
  });
  const scene: Scene = { slack, client: clientOf(slack), heard, answer: () => undefined };
  try {
    await work(scene);
  } finally {
    await slack.close();
    bot.close();
    bot.closeAllConnections();
  }
}

const isJson = ({ headers }: IncomingMessage): boolean => headers["content-type"] === "application/json";

function formOf(body: string): unknown {
  const form = new URLSearchParams(body);
  const payload = form.get("payload");
  return payload === null ? Object.fromEntries(form) : JSON.parse(payload);
}
