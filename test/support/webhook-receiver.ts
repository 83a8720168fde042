import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { certificate } from "./certificate.ts";

const eventsSchema = z.array(z.looseObject({ metadata: z.looseObject({ uid: z.string(), sequence: z.int() }) }));

/** A web address over TLS that believes only what is signed, and fresh. */
export interface WebhookReceiver {
  readonly url: string;
  readonly certFile: string;
  /** The batches that were believed, each with its id. */
  readonly batches: readonly { readonly id: string; readonly events: z.output<typeof eventsSchema> }[];
  readonly refused: readonly string[];
  /** What it answers from here on: a status, `hang` for nothing, or `half` for 200 and a text that breaks off. */
  answer(as: number | "hang" | "half"): void;
  /** Takes no more events at once from here on: more is 413. */
  takeAtMost(events: number): void;
  stop(): Promise<void>;
}

/** @param secret - `whsec_` and base64 */
export async function webhookReceiver(secret: string): Promise<WebhookReceiver> {
  const { certFile, keyFile } = certificate();
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const batches: { id: string; events: z.output<typeof eventsSchema> }[] = [];
  const refused: string[] = [];
  let as: number | "hang" | "half" = 200;
  let most = Infinity;
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
    void text(request).then((body) => {
      const { "webhook-id": id = "", "webhook-timestamp": at = "", "webhook-signature": signature } = request.headers;
      const right = createHmac("sha256", key)
        .update(`${String(id)}.${String(at)}.${body}`)
        .digest("base64");
      const isFresh = Math.abs(Date.now() / 1_000 - Number(at)) < 300;
      if (as === "hang") return;
      if (signature !== `v1,${right}` || !isFresh || request.headers["content-type"] !== "application/json") {
        refused.push(body);
        response.writeHead(401).end("hunter2");
        return;
      }
      if (eventsSchema.parse(JSON.parse(body)).length > most) {
        response.writeHead(413).end();
        return;
      }
      if (as === 200 || as === "half") batches.push({ id: String(id), events: eventsSchema.parse(JSON.parse(body)) });
      if (as === "half") {
        response.writeHead(200, { "content-length": "1000" }).write("hunter2");
        setTimeout(() => raw.get(request.socket.remotePort)?.resetAndDestroy(), 50);
      } else response.writeHead(as).end("hunter2");
    });
  });
  /** Without the TLS on top of it. */
  const raw = new Map<number | undefined, Socket>();
  server.on("connection", (socket: Socket) => raw.set(socket.remotePort, socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    ...{ url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/in`, certFile, batches, refused },
    answer: (next) => {
      as = next;
    },
    takeAtMost: (events) => {
      most = events;
    },
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
