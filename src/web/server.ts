import { createServer, type Server } from "node:http";
import type { Express } from "express";
import { expressMessages } from "./express-messages.ts";

/** What callers may take of the server before they are let go. */
export interface Limits {
  /** How long somebody may take to say what they want, milliseconds. */
  readonly headersMs: number;
  /** How long until all of it is there, milliseconds. */
  readonly requestMs: number;
  /** How often it is looked for who took longer, milliseconds. */
  readonly lookMs: number;
  /** Connections at once. What revokes need, files and memory, is not for callers to use up. */
  readonly connections: number;
}

/** Chat platforms and browsers send a few kilobytes at once, and a proxy before us keeps a few connections. */
const LIMITS: Limits = { headersMs: 10_000, requestMs: 30_000, lookMs: 5_000, connections: 2_000 };

/** The HTTP server of all routes; not listening yet. */
export function webServer(web: Express, limits = LIMITS): Server {
  const { headersMs: headersTimeout, requestMs: requestTimeout, lookMs: connectionsCheckingInterval } = limits;
  const server = createServer(
    { ...expressMessages(web), headersTimeout, requestTimeout, connectionsCheckingInterval },
    web,
  );
  server.maxConnections = limits.connections;
  return server;
}
