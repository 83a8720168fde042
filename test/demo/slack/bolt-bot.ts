import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { App, ExpressReceiver, SocketModeReceiver } from "@slack/bolt";
import type { Receiver } from "@slack/bolt";
import type { ModalView } from "@slack/web-api";
import type { Slack } from "../../../src/demo/slack/start-slack.ts";
import { acme, quiet } from "./acme.ts";

const plain = (text: string) => ({ type: "plain_text" as const, text });
const options = ["reader", "writer"].map((value) => ({ text: plain(value), value }));

/** A form whose second menu appears once a target is chosen. */
export function form(withRole: boolean): ModalView {
  const target = { type: "external_select" as const, action_id: "target", min_query_length: 0 };
  const role = { type: "static_select" as const, action_id: "role", options };
  return {
    type: "modal",
    callback_id: "ask",
    title: plain("Ask for access"),
    submit: plain("Ask"),
    notify_on_close: true,
    blocks: [
      { type: "input", block_id: "target", dispatch_action: true, label: plain("Target"), element: target },
      ...(withRole ? [{ type: "input" as const, block_id: "role", label: plain("Role"), element: role }] : []),
      {
        type: "input",
        block_id: "why",
        label: plain("Why"),
        element: { type: "plain_text_input", action_id: "why", min_length: 3 },
      },
    ],
  };
}

const card = (text: string, open: boolean) => [
  { type: "section" as const, text: { type: "mrkdwn" as const, text } },
  ...(open
    ? [
        {
          type: "actions" as const,
          block_id: "decide",
          elements: ["Approve", "Deny"].map((word) => ({
            type: "button" as const,
            action_id: word.toLowerCase(),
            text: plain(word),
            value: "BG-7K3M2Q",
          })),
        },
      ]
    : []),
];

function listen(app: App, closed: string[]): void {
  app.command("/breakglass", async ({ command, ack, client, body }) => {
    if (command.text === "form") {
      await ack();
      await client.views.open({ trigger_id: body.trigger_id, view: form(false) });
      return;
    }
    await ack({ text: "recorded" });
    await client.chat.postMessage({ channel: "C0APPROVALS", text: "card", blocks: card("*BG-7K3M2Q* waits", true) });
  });
  app.options<"block_suggestion">({ type: "block_suggestion", action_id: "target" }, async ({ ack, payload }) => {
    const all = ["orders-db", "billing-db"].map((value) => ({ text: plain(value), value }));
    await ack({ options: all.filter(({ value }) => value.startsWith(payload.value)) });
  });
  app.action({ type: "block_actions", action_id: "target" }, async ({ ack, body, client }) => {
    await ack();
    const { id = "", hash = "" } = body.view ?? {};
    await client.views.update({ view_id: id, hash, view: form(true) });
  });
  app.action({ type: "block_actions", action_id: "approve" }, async ({ ack, body, client, respond }) => {
    await ack();
    const { ts = "" } = body.message ?? {};
    const text = `approved by <@${body.user.id}>`;
    await client.chat.update({ channel: body.channel?.id ?? "", ts, text, blocks: card(text, false) });
    await respond({ text: "counted" });
  });
  app.action({ type: "block_actions", action_id: "deny" }, async ({ ack, body, client }) => {
    await ack();
    await client.views.open({ trigger_id: body.trigger_id, view: form(true) });
  });
  app.view("ask", async ({ ack, view, client, body }) => {
    const why = view.state.values["why"]?.["why"]?.value ?? "";
    if (why === "because") {
      await ack({ response_action: "errors", errors: { why: "Say more." } });
      return;
    }
    await ack();
    const role = view.state.values["role"]?.["role"]?.selected_option?.value ?? "none";
    await client.chat.postMessage({ channel: "C0INCIDENTS", text: `<@${body.user.id}> asks for ${role}: ${why}` });
  });
  app.view({ type: "view_closed", callback_id: "ask" }, async ({ ack, body }) => {
    await ack();
    closed.push(body.user.id);
  });
}

function appWith(slack: Slack, receiver: Receiver): App {
  const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } };
  return new App({ token: acme.botToken, receiver, clientOptions, logger: quiet });
}

/** A small real bot. `closed` lists who closed a form. */
export type Bot = { closed: string[]; stop: () => Promise<void> };

/**
 * Starts the bot over HTTP and tells Slack where it is.
 *
 * @param slack - the stand-in
 */
export async function startHttpBot(slack: Slack): Promise<Bot> {
  const receiver = new ExpressReceiver({
    signingSecret: acme.signingSecret,
    endpoints: "/slack/events",
    logger: quiet,
  });
  const closed: string[] = [];
  listen(appWith(slack, receiver), closed);
  const server = createServer((request, response) => {
    receiver.app(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  slack.deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`);
  const stop = async (): Promise<void> => {
    const done = once(server, "close");
    server.close();
    server.closeAllConnections();
    await done;
  };
  return { closed, stop };
}

/**
 * Starts the bot over Socket Mode.
 *
 * @param slack - the stand-in
 * @param clientPingTimeout - how long it waits for the answer to a ping before it connects again, in ms
 */
export async function startSocketBot(slack: Slack, clientPingTimeout = 5_000): Promise<Bot> {
  const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } };
  // Bolt hands the socket's own client only what stands under installerOptions.
  const options = { installerOptions: { clientOptions }, logger: quiet, clientPingTimeout };
  const app = appWith(slack, new SocketModeReceiver({ appToken: acme.appToken, ...options }));
  const closed: string[] = [];
  listen(app, closed);
  await app.start();
  return {
    closed,
    stop: async () => {
      await app.stop();
    },
  };
}
