import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Config } from "./config.ts";
import { CodedError } from "./errors.ts";
import type { Log } from "./log.ts";
import { layFoundation, type Foundation } from "./serve/foundation.ts";
import { startBot } from "./serve/start-bot.ts";
import { startAccessWorker, type Part } from "./serve/start-worker.ts";
import { healthRoutes } from "./web/health.ts";
import { metricsRoute } from "./web/metrics.ts";

/** The program, running. */
export interface Running {
  /** Where it listens, `http://127.0.0.1:3000`. */
  readonly url: string;
  /** What it is connected to, in three lines. */
  readonly summary: readonly string[];
  /** Takes no more work, finishes or hands back what is in hand, and ends. */
  stop(): Promise<void>;
}

/**
 * Composes and starts what `ROLE` asks for.
 *
 * @param config - as read from the environment
 * @param env - what the policy's `${NAME}` are taken from
 * @param options - `say`: takes a line for each step that takes a while
 * @throws `CONFIG_INVALID`, and what {@link layFoundation} and the parts throw
 */
export async function start(
  config: Config,
  env: NodeJS.ProcessEnv,
  options: { readonly log: Log; readonly now?: () => number; readonly say?: (line: string) => void },
): Promise<Running> {
  const { log, now = Date.now, say = () => undefined } = options;
  const { slack } = config;
  if (config.role !== "worker" && slack === undefined) {
    throw new CodedError("CONFIG_INVALID", "SLACK_BOT_TOKEN is missing.", {
      next: "Set it and SLACK_SIGNING_SECRET (or SLACK_APP_TOKEN) in .env; or try the demo: breakglass demo",
    });
  }
  const base = await layFoundation(config, env, { log, now, say });
  const parts: Part[] = [];
  try {
    const web = express().disable("x-powered-by");
    if (config.role !== "bot") parts.push(await startAccessWorker(base));
    await base.slack.open();
    if (config.role !== "worker" && slack !== undefined) parts.push(await startBot(base, slack, web));
    ownRoutes(web, base, parts);
    const server = await listen(web, config.host, config.port);
    const { port } = server.address() as AddressInfo;
    const url = `http://${config.host}:${port}`;
    return { url, summary: await summaryOf(base, url), stop: () => stop(server, parts, base) };
  } catch (error) {
    for (const part of parts) await part.stop();
    await base.close();
    throw error;
  }
}

function ownRoutes(web: Express, { ledger, queries, log }: Foundation, parts: readonly Part[]): void {
  healthRoutes(web, {
    ledger: async () => {
      await ledger.head();
      return undefined;
    },
    ...Object.fromEntries(parts.map(({ ready }, index) => [`part${index + 1}`, ready])),
  });
  metricsRoute(web, {
    open: () => queries.open(),
    overdue: (state) => queries.overdue(state),
    entries: async () => (await ledger.head()).seq,
  });
  // Express knows an error handler by its four parameters.
  web.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    log.error("a web request failed", { error });
    if (response.headersSent) next(error);
    else response.status(500).end();
  });
}

async function listen(web: Express, host: string, port: number): Promise<Server> {
  const server = createServer(web);
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new CodedError("CONFIG_INVALID", `${host}:${port} can't be listened on.`, {
      next: "Is something else running there? Set HOST and PORT.",
      cause,
    });
  }
  return server;
}

async function summaryOf({ config, slack, policies, ledger }: Foundation, url: string): Promise<string[]> {
  const { identity } = slack;
  const by =
    config.slack !== undefined && "appToken" in config.slack.by
      ? "over Socket Mode"
      : `over HTTP at ${url}/slack/events`;
  const policy = policies.current;
  return [
    identity === undefined
      ? "Slack: not reached yet; trying on"
      : `Slack: ${identity.teamName} (${identity.team}), ${by}`,
    `Redis: ${config.redisUrl === undefined ? `its own, under ${config.dataDir}` : "REDIS_URL"}; the ledger has ${(await ledger.head()).seq} entries`,
    `Policy: ${config.policyFile} (${policy.hash}), ${Object.keys(policy.targets).length} targets, ${Object.keys(policy.people).length} people`,
  ];
}

async function stop(server: Server, parts: readonly Part[], base: Foundation): Promise<void> {
  server.close();
  server.closeIdleConnections();
  await Promise.allSettled(parts.map((part) => part.stop()));
  await base.close();
  server.closeAllConnections();
}
