import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import type { Express } from "express";
import { Deliveries } from "./delivery/deliveries.ts";
import { Sockets } from "./delivery/sockets.ts";
import { Faults } from "./faults.ts";
import { expressMessages } from "../../web/express-messages.ts";
import { localhostOnly } from "./page-api/localhost-only.ts";
import { pageRoutes } from "./page-api/page-routes.ts";
import type { Rate } from "./rate-limits.ts";
import { ApiCalls } from "./web-api/api-call.ts";
import { apiRoutes } from "./web-api/api-routes.ts";
import { responseRoutes } from "./web-api/response-routes.ts";
import { uploadRoutes } from "./web-api/upload-routes.ts";
import { Ids } from "./workspace/ids.ts";
import type { WorkspaceSeed } from "./workspace/seed.ts";
import { Workspace } from "./workspace/workspace.ts";

/** How the stand-in for Slack is started. */
export type SlackOptions = {
  seed: WorkspaceSeed;
  /** 0, the default, takes a free one. */
  port?: number;
  /** Where the bot listens, if it is already known; otherwise see {@link Slack.deliverTo}. Not needed for Socket Mode. */
  requestUrl?: string;
  /** Milliseconds since 1970; the machine's clock if not given. */
  now?: () => number;
  /** Messages a channel: Slack's 1 a second with a burst, 20 by default. */
  rate?: Rate;
  /** More limits by method, as calls a minute; none by default. */
  perMinute?: Readonly<Record<string, number>>;
  /** How long an ack is awaited, in ms: Slack's 3,000 by default. */
  ackWithin?: number;
  /** Adds the demo's own pages to the same server. */
  mount?: (app: Express, workspace: Workspace) => void;
};

/** A running stand-in for Slack. */
export type Slack = {
  /** Such as `http://127.0.0.1:41234`. */
  readonly url: string;
  /** For `slackApiUrl`: the address with `/api/`. */
  readonly apiUrl: string;
  readonly workspace: Workspace;
  /** What shall go wrong. */
  readonly faults: Faults;
  /** The bot's Socket Mode connections. */
  readonly sockets: Pick<Sockets, "count" | "refresh" | "drop">;
  /** What the bot asked for, and what it was answered. */
  readonly calls: Pick<ApiCalls, "list">;
  /** Sets where the bot listens. */
  deliverTo(requestUrl: string): void;
  close(): Promise<void>;
};

/**
 * Starts a Slack workspace in memory on 127.0.0.1: the Web API, response URLs, Socket Mode, and the demo page's API.
 *
 * @param options - the seed and how strict it is
 */
export async function startSlack(options: SlackOptions): Promise<Slack> {
  const { seed, rate = { perSecond: 1, burst: 20 }, perMinute = {}, now = Date.now } = options;
  const app = express().disable("x-powered-by");
  const server = createServer(expressMessages(app), app);
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const ids = new Ids(now);
  const calls = new ApiCalls();
  const faults: Faults = new Faults(() => {
    sockets.drop();
  });
  const sockets = new Sockets(server, { ids, appId: seed.appId, closed: () => faults.now !== false });
  const delivery = new Deliveries(sockets, {
    requestUrl: options.requestUrl ?? null,
    signingSecret: seed.signingSecret,
    now,
    within: options.ackWithin ?? 3000,
  });
  const workspace = new Workspace(seed, { url, now, delivery, ids });

  app.use(localhostOnly);
  app.use(apiRoutes({ workspace, faults, calls, rate, perMinute, socketUrl: () => sockets.ticket(url) }));
  app.use(uploadRoutes(workspace, faults));
  app.use(responseRoutes(workspace, faults, calls));
  app.use("/workspace", pageRoutes(workspace));
  options.mount?.(app, workspace);

  return {
    url,
    apiUrl: `${url}/api/`,
    workspace,
    faults,
    sockets,
    calls,
    deliverTo: (requestUrl) => {
      delivery.requestUrl = requestUrl;
    },
    close: async () => {
      await sockets.close();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
