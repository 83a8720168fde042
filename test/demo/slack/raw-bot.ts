import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Slack, SlackOptions } from "../../../src/demo/slack/start-slack.ts";
import { inAcme } from "./acme.ts";

/** One request, as its bytes came. */
export type Got = { headers: IncomingHttpHeaders; body: string };

/** A bot that keeps the bytes it gets, and answers as it is told. */
export async function withBot(
  answer: (response: ServerResponse, got: Got) => void,
  work: (slack: Slack, got: Got[]) => Promise<void>,
  options: Partial<SlackOptions> = {},
): Promise<void> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const one = { headers: request.headers, body };
      got.push(one);
      answer(response, one);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const requestUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
  try {
    await inAcme(async (slack) => work(slack, got), { requestUrl, ...options });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Acks without a word. */
export const ok = (response: ServerResponse): void => {
  response.end();
};
