import { createHash } from "node:crypto";
import { request as overHttp, type IncomingMessage } from "node:http";
import { request as overTls } from "node:https";
import { signatureHeaders, signingKey } from "../app/webhook-signature.ts";
import { CodedError } from "../errors.ts";
import type { WebhookConfig } from "../siem-config.ts";
import type { OcsfEvent } from "./ocsf-event.ts";
import type { Sink } from "./sink.ts";
import type { TlsFiles } from "./syslog-sink.ts";
import { unsent } from "./unsent.ts";

const LIMIT_MS = 10_000;
const TOO_LARGE = 413;

/**
 * Sends events to a web address, as a JSON list, signed as https://www.standardwebhooks.com has it. Its answer counts by its status alone.
 *
 * @param files - read anew for each call
 * @param now - epoch milliseconds
 */
export function webhookSink(config: WebhookConfig, files: () => Promise<TlsFiles>, now: () => number): Sink {
  const key = signingKey(config.secret);
  const sink: Sink = {
    name: "webhook",
    send: async (events, signal) => {
      const url = new URL(config.url.reveal());
      const body = `[${events.map(({ json }) => json).join(",")}]`;
      const headers = {
        ...{ "content-type": "application/json", accept: "application/json", "user-agent": "breakglass" },
        "content-length": String(Buffer.byteLength(body)),
        ...signatureHeaders(batchId(events.map(({ uid }) => uid)), body, key, now()),
        ...(config.header === undefined ? {} : { [config.header.name]: config.header.value.reveal() }),
      };
      const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
      try {
        const status = await post(url, { headers, body, signal: limit, tls: await files() });
        if (status === TOO_LARGE && events.length > 1) {
          await sendHalves(sink, events, signal);
          return;
        }
        if (status < 200 || status > 299) throw new Error(`it answered with HTTP ${status}`);
      } catch (error) {
        if (error instanceof CodedError) throw error;
        throw unsent("webhook", url.host, limit.aborted ? new Error("it did not answer in time") : error);
      }
    },
  };
  return sink;
}

/** Whoever says that it was too much, is given less at once: else they would be given the same for ever. */
async function sendHalves(sink: Sink, events: readonly OcsfEvent[], signal: AbortSignal): Promise<void> {
  const half = Math.ceil(events.length / 2);
  await sink.send(events.slice(0, half), signal);
  await sink.send(events.slice(half), signal);
}

/** The same for the same events, so that whoever gets them twice can tell. */
function batchId(uids: readonly string[]): string {
  return `siem_${createHash("sha256").update(uids.join("\n")).digest("hex").slice(0, 32)}`;
}

async function post(
  url: URL,
  call: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly signal: AbortSignal;
    readonly tls: TlsFiles;
  },
): Promise<number> {
  const { headers, body, signal, tls } = call;
  return await new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage) => {
      // What comes after the status counts no more, and may still break off.
      response.resume();
      resolve(response.statusCode ?? 0);
    };
    const sent =
      url.protocol === "https:"
        ? overTls(url, { method: "POST", headers, signal, ...tls }, answered)
        : overHttp(url, { method: "POST", headers, signal }, answered);
    sent.on("error", reject);
    sent.end(body);
  });
}
