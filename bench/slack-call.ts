import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import type { Outgoing } from "../src/demo/slack/delivery/delivery.ts";
import { httpCall } from "../src/demo/slack/delivery/http-delivery.ts";
import { APPROVER, SEED } from "./world.ts";

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
let triggers = 0;

/** What a call of Slack's came to. */
export interface Acked {
  readonly status: number;
  readonly body: string;
  /** From the first byte sent to the last received, in milliseconds. */
  readonly ms: number;
}

/**
 * `/breakglass …`
 *
 * @param respondTo - where a later answer goes
 */
export function command(account: string, words: string, respondTo: string): Outgoing {
  const payload = {
    token: "unused",
    team_id: SEED.team.id,
    team_domain: "bench",
    channel_id: "C0INCIDENTS",
    channel_name: "incidents",
    user_id: account,
    user_name: "someone",
    command: "/breakglass",
    text: words,
    api_app_id: SEED.appId,
    is_enterprise_install: "false",
    response_url: respondTo,
    trigger_id: `${++triggers}.bench`,
  };
  return { kind: "slash_commands", payload };
}

/**
 * The approver's click on *Approve*.
 *
 * @param respondTo - where the answer goes
 */
export function approval(id: string, respondTo: string): Outgoing {
  const payload = {
    type: "block_actions",
    api_app_id: SEED.appId,
    team: { id: SEED.team.id, domain: "bench" },
    user: { id: APPROVER, username: "carol", name: "carol", team_id: SEED.team.id },
    channel: { id: "C0APPROVALS", name: "approvals" },
    container: { type: "message", channel_id: "C0APPROVALS", message_ts: "1.1" },
    trigger_id: `${++triggers}.bench`,
    response_url: respondTo,
    actions: [{ type: "button", action_id: "approve", block_id: `request.${id}`, value: id, action_ts: "1.1" }],
  };
  return { kind: "interactive", payload };
}

/**
 * Calls a bot as Slack does, and waits for its ack.
 *
 * @param url - of its events route
 */
export async function call(url: string, outgoing: Outgoing): Promise<Acked> {
  const { headers, body } = httpCall(outgoing, { url, signingSecret: SEED.signingSecret, now: Date.now() });
  return await new Promise((resolve, reject) => {
    const began = performance.now();
    const sent = request(url, {
      method: "POST",
      agent,
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
    });
    sent.once("error", reject);
    sent.once("response", (response) => {
      text(response).then((answer) => {
        resolve({ status: response.statusCode ?? 0, body: answer, ms: performance.now() - began });
      }, reject);
    });
    sent.end(body);
  });
}
