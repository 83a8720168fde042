import type { Delivery, Outgoing, Raw, SendResult, Tamper } from "./delivery.ts";
import { httpCall, sendHttp } from "./http-delivery.ts";
import type { Sockets } from "./sockets.ts";

/** Sends to the bot over Socket Mode if it is connected, otherwise to its request URL. */
export class Deliveries implements Delivery {
  /** Where the bot listens, such as `http://127.0.0.1:3000/slack/events`; null until it is known. */
  requestUrl: string | null;
  readonly #sockets: Sockets;
  readonly #signingSecret: string;
  readonly #now: () => number;
  readonly #within: number;

  /**
   * @param sockets - the Socket Mode side
   * @param options - `within`: how long Slack waits for an ack, in ms
   */
  constructor(
    sockets: Sockets,
    options: { requestUrl: string | null; signingSecret: string; now: () => number; within: number },
  ) {
    this.requestUrl = options.requestUrl;
    this.#sockets = sockets;
    this.#signingSecret = options.signingSecret;
    this.#now = options.now;
    this.#within = options.within;
  }

  async send(outgoing: Outgoing, tamper: Tamper = {}): Promise<SendResult> {
    const forged = { ...outgoing, payload: forge(outgoing, tamper) };
    if (this.#sockets.count > 0) return this.#sockets.send(this.#sockets.wrap(forged), this.#within);
    if (this.requestUrl === null) return { status: 0, body: null, ms: 0, problem: "dispatch_failed", raw: null };
    const options = { url: this.requestUrl, signingSecret: this.#signingSecret, now: this.#now() };
    return sendHttp(httpCall(forged, options, tamper), this.#within);
  }

  async resend(raw: Raw, headers: Record<string, string> = {}): Promise<SendResult> {
    if (raw.via === "socket") return this.#sockets.send(raw, this.#within);
    return sendHttp({ ...raw, headers: { ...raw.headers, ...headers } }, this.#within);
  }
}

function forge(outgoing: Outgoing, tamper: Tamper): Record<string, unknown> {
  const payload = { ...outgoing.payload };
  if (tamper.appId !== undefined) payload["api_app_id"] = tamper.appId;
  if (tamper.teamId !== undefined) {
    if (outgoing.kind !== "interactive") payload["team_id"] = tamper.teamId;
    else {
      payload["team"] = { ...(payload["team"] as Record<string, unknown>), id: tamper.teamId };
      payload["user"] = { ...(payload["user"] as Record<string, unknown>), team_id: tamper.teamId };
    }
  }
  return tamper.change?.(payload) ?? payload;
}
