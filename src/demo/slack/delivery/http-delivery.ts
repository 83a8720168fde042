import type { Outgoing, Raw, SendResult, Tamper } from "./delivery.ts";
import { sign } from "./sign.ts";

type HttpRaw = Extract<Raw, { via: "http" }>;

/** The words that Slack shows for a bot's HTTP status. */
function problemOf(status: number): string | null {
  if (status === 200) return null;
  if (status >= 500) return "http_service_error";
  if (status >= 400) return "http_client_error";
  return "dispatch_failed";
}

/** An ack's body: JSON if it says so, otherwise text; null if there is none. */
function readBody(text: string, type: string): unknown {
  if (text === "") return null;
  if (!type.includes("json")) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/**
 * The bytes of a call, signed: an event is JSON, everything else a form.
 *
 * @param outgoing - what to tell the bot
 * @param options - where to, with which secret, at which time (ms)
 * @param tamper - what a test forges
 */
export function httpCall(
  outgoing: Outgoing,
  options: { url: string; signingSecret: string; now: number },
  tamper: Tamper = {},
): HttpRaw {
  const { kind, payload } = outgoing;
  const body = kind === "events_api" ? JSON.stringify(payload) : formOf(kind, payload);
  const timestamp = tamper.timestamp ?? Math.floor(options.now / 1000);
  const headers = {
    "content-type": kind === "events_api" ? "application/json" : "application/x-www-form-urlencoded",
    "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    "x-slack-request-timestamp": String(timestamp),
    "x-slack-signature": tamper.signature ?? sign(tamper.signingSecret ?? options.signingSecret, timestamp, body),
    ...tamper.headers,
  };
  const kept = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ""));
  return { via: "http", url: options.url, headers: kept, body };
}

function formOf(kind: Outgoing["kind"], payload: Outgoing["payload"]): string {
  const fields = kind === "interactive" ? { payload: JSON.stringify(payload) } : (payload as Record<string, string>);
  return new URLSearchParams(fields).toString();
}

/**
 * Sends a call and waits for the ack, as long as Slack waits.
 *
 * @param raw - the bytes
 * @param within - milliseconds
 */
export async function sendHttp(raw: HttpRaw, within: number): Promise<SendResult> {
  const began = performance.now();
  const took = (): number => performance.now() - began;
  try {
    const answer = await fetch(raw.url, {
      method: "POST",
      headers: raw.headers,
      body: raw.body,
      redirect: "manual",
      signal: AbortSignal.timeout(within),
    });
    const body = readBody(await answer.text(), answer.headers.get("content-type") ?? "");
    return { status: answer.status, body, ms: took(), problem: problemOf(answer.status), raw };
  } catch (error) {
    const slow = error instanceof Error && error.name === "TimeoutError";
    return { status: 0, body: null, ms: took(), problem: slow ? "operation_timeout" : "dispatch_failed", raw };
  }
}
