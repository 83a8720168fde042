import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import type { Ids } from "../workspace/ids.ts";
import type { Outgoing, Raw, SendResult } from "./delivery.ts";

/** Slack allows no more connections an app. */
const CONNECTIONS = 10;
/** How long a closing handshake is awaited, in ms. */
const GOODBYE = 1000;

const acknowledgement = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue("not JSON");
      return z.NEVER;
    }
  })
  .pipe(z.object({ envelope_id: z.string(), payload: z.unknown().optional() }));

/** The Socket Mode side of a workspace: connections of the bot, and calls that wait for their ack. */
export class Sockets {
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #waiting = new Map<string, (payload: unknown) => void>();
  readonly #ids: Ids;
  readonly #appId: string;
  readonly #closed: () => boolean;
  #turn = 0;

  /**
   * @param server - the HTTP server whose upgrades are taken
   * @param options - `closed`: whether an outage refuses every connection now
   */
  constructor(server: Server, options: { ids: Ids; appId: string; closed: () => boolean }) {
    this.#ids = options.ids;
    this.#appId = options.appId;
    this.#closed = options.closed;
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket, head);
    });
  }

  /** How many connections the bot holds open. */
  get count(): number {
    return this.#open().length;
  }

  /**
   * A one-time address for `apps.connections.open`.
   *
   * @param base - the workspace's address, `http://…`
   */
  ticket(base: string): string {
    const ticket = this.#ids.secret();
    this.#tickets.add(ticket);
    return `${base.replace(/^http/, "ws")}/link?ticket=${ticket}`;
  }

  /** An envelope around a call, with a new id. */
  wrap(outgoing: Outgoing): Extract<Raw, { via: "socket" }> {
    const { kind: type, payload } = outgoing;
    const envelope = { envelope_id: this.#ids.secret(), type, payload, accepts_response_payload: true };
    return { via: "socket", envelope };
  }

  /**
   * Sends an envelope over one of the connections, each in its turn, and waits for the ack.
   *
   * @param raw - from {@link Sockets.wrap}, or one that was sent before
   * @param within - milliseconds
   */
  async send(raw: Extract<Raw, { via: "socket" }>, within: number): Promise<SendResult> {
    const began = performance.now();
    const open = this.#open();
    const socket = open[this.#turn++ % Math.max(1, open.length)];
    const failed = (problem: string): SendResult => ({
      status: 0,
      body: null,
      ms: performance.now() - began,
      problem,
      raw,
    });
    if (socket === undefined) return failed("dispatch_failed");
    const id = String(raw.envelope["envelope_id"]);
    return new Promise((resolve) => {
      const limit = setTimeout(() => {
        this.#waiting.delete(id);
        resolve(failed("operation_timeout"));
      }, within);
      this.#waiting.set(id, (payload) => {
        clearTimeout(limit);
        resolve({ status: 200, body: plain(payload), ms: performance.now() - began, problem: null, raw });
      });
      socket.send(JSON.stringify(raw.envelope));
    });
  }

  /** Asks the bot to connect anew, as Slack does every few hours. */
  refresh(reason: "refresh_requested" | "warning" = "refresh_requested"): void {
    for (const socket of this.#open()) socket.send(JSON.stringify({ type: "disconnect", reason, debug_info: {} }));
  }

  /** Breaks every connection without a word. */
  drop(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }

  /** Ends it all, by the closing handshake where the bot takes part in it: Bolt waits 30 s for one that breaks off. */
  async close(): Promise<void> {
    const leaving = [...this.#server.clients].map(async (socket) => once(socket, "close"));
    for (const socket of this.#server.clients) socket.close(1001);
    const limit = new AbortController();
    await Promise.race([Promise.all(leaving), delay(GOODBYE, null, { signal: limit.signal })]);
    limit.abort();
    this.drop();
    this.#server.close();
  }

  #open(): WebSocket[] {
    return [...this.#server.clients].filter((socket) => socket.readyState === WebSocket.OPEN);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const ticket = url.searchParams.get("ticket") ?? "";
    const welcome = url.pathname === "/link" && this.#tickets.delete(ticket) && !this.#closed();
    if (!welcome) {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (connection) => {
      this.#greet(connection);
    });
  }

  #greet(connection: WebSocket): void {
    const count = this.#open().length;
    if (count > CONNECTIONS) {
      connection.send(JSON.stringify({ type: "disconnect", reason: "too_many_websockets" }));
      connection.close();
      return;
    }
    connection.on("message", (data: Buffer) => {
      this.#acked(data.toString("utf8"));
    });
    const hello = { type: "hello", num_connections: count, connection_info: { app_id: this.#appId } };
    connection.send(JSON.stringify({ ...hello, debug_info: { approximate_connection_time: 18_060 } }));
  }

  #acked(text: string): void {
    const ack = acknowledgement.safeParse(text);
    if (!ack.success) return;
    const { envelope_id: id, payload } = ack.data;
    this.#waiting.get(id)?.(payload);
    this.#waiting.delete(id);
  }
}

/** An empty payload is an ack without a word. */
function plain(payload: unknown): unknown {
  if (typeof payload !== "object" || payload === null || Object.keys(payload).length === 0) return null;
  return payload;
}
