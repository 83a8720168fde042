import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";

/** How the next connection goes. */
export type Manners =
  | "polite"
  /** The question for an address is never answered. */
  | "mute"
  /** The question is answered 429, in this many seconds. */
  | { readonly retryAfter: number }
  /** The address takes the connection, and never upgrades it. */
  | "stalled"
  /** It stands, answers pings, and Slack never says hello. */
  | "no hello"
  /** Slack sends it away before the hello. */
  | "full"
  /** Slack says hello and goodbye. */
  | "hello and goodbye"
  /** From the hello on Slack reads nothing and answers nothing, not even a close. */
  | "frozen";

/** The transport of Socket Mode alone, going wrong as ordered; polite when no more is ordered. */
export interface RudeSlack {
  readonly apiUrl: string;
  /** How the next connections go, one after the other. */
  order(...manners: Manners[]): void;
  /** When an address was asked for, in ms. */
  readonly asked: readonly number[];
  /** How often an address was used. */
  links(): number;
  /** The connections that stand. */
  sockets(): WebSocket[];
  /** What is frozen reads again. */
  thaw(): void;
  /** Every TCP connection, whatever became of it. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

export async function startRudeSlack(): Promise<RudeSlack> {
  const orders: Manners[] = [];
  const asked: number[] = [];
  const sockets = new WebSocketServer({ noServer: true });
  const http = createServer((request, response) => {
    request.resume();
    const manners = orders.shift() ?? "polite";
    asked.push(performance.now());
    response.setHeader("Connection", "close");
    if (manners === "mute") return;
    if (typeof manners === "object") {
      response.writeHead(429, { "Retry-After": String(manners.retryAfter), "Content-Length": "0" }).end();
      return;
    }
    const { port } = http.address() as AddressInfo;
    const url = `ws://127.0.0.1:${port}/link?manners=${encodeURIComponent(manners)}`;
    response.setHeader("Content-Type", "application/json").end(JSON.stringify({ ok: true, url }));
  });
  const stalled: Duplex[] = [];
  let links = 0;
  http.on("upgrade", (request, socket, head) => {
    links++;
    const manners = new URL(request.url ?? "/", "http://127.0.0.1").searchParams.get("manners");
    if (manners === "stalled") {
      stalled.push(socket.resume().once("end", () => socket.end()));
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connection) => {
      const say = (message: object) => {
        connection.send(JSON.stringify(message));
      };
      if (manners === "no hello") return;
      if (manners === "full") {
        say({ type: "disconnect", reason: "too_many_websockets" });
        connection.close();
        return;
      }
      say({ type: "hello", num_connections: 1, connection_info: { app_id: "A0RUDE" } });
      if (manners === "hello and goodbye") connection.close();
      if (manners === "frozen") connection.pause();
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  return {
    apiUrl: `http://127.0.0.1:${port}/api/`,
    order: (...manners) => {
      orders.push(...manners);
    },
    asked,
    links: () => links,
    thaw: () => {
      for (const socket of sockets.clients) socket.resume();
    },
    sockets: () => [...sockets.clients].filter(({ readyState, OPEN }) => readyState === OPEN),
    connections: async () =>
      await new Promise((resolve, reject) => {
        http.getConnections((error, count) => {
          if (error === null) resolve(count);
          else reject(error);
        });
      }),
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      for (const socket of stalled) socket.destroy();
      const closed = once(http, "close");
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
}
