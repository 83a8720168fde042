import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Registry } from "prom-client";
import type { Rate } from "./app/throttle.ts";
import type { Connection } from "./connection.ts";
import type { GatewayAddress } from "./app/through-gateway.ts";
import { plays, type Config, type TeamsConfig } from "./config.ts";
import { counted } from "./domain/text.ts";
import { CodedError } from "./errors.ts";
import type { Log } from "./log.ts";
import type { AnyKind } from "./providers/registry.ts";
import { collectAlone } from "./serve/collect-alone.ts";
import { layFoundation, type Foundation } from "./serve/foundation.ts";
import { metricSources } from "./serve/metric-sources.ts";
import { startBot } from "./serve/start-bot.ts";
import { gatewayAddress, startGateway } from "./serve/start-gateway.ts";
import { keepRight, SteadyClock } from "./serve/steady-clock.ts";
import { startAccessWorker, type Part } from "./serve/start-worker.ts";
import type { SlackIdentity } from "./slack/identity.ts";
import { endAtFailedStart } from "./serve/failed-start.ts";
import { TEAMS_ROUTE } from "./teams/bot.ts";
import type { BotFramework } from "./teams/bot-framework.ts";
import { untraced, type Trace } from "./trace.ts";
import type { StandIn } from "./web/page-routes.ts";
import { healthRoutes } from "./web/health.ts";
import { callMetrics } from "./web/call-metrics.ts";
import { metricsRoute, processRegistry } from "./web/metrics.ts";
import { webServer } from "./web/server.ts";
import { throttled } from "./web/throttle.ts";

/** How long calls that are under way may take to be answered when the program ends. */
const LAST_ANSWERS_MS = 2_000;

/** The program, running. */
export interface Running {
  /** Where it listens, `http://127.0.0.1:3000`. */
  readonly url: string;
  /** What it is connected to, in three lines; and the session gateway's, where it has one. */
  readonly summary: readonly string[];
  /** Where people reach the session gateway, if it runs here. */
  readonly gateway: GatewayAddress | undefined;
  /** Takes no more work, finishes or hands back what is in hand, and ends. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly log: Log;
  readonly now?: () => number;
  readonly wall?: () => number;
  readonly say?: (line: string) => void;
  readonly kindOf?: (kind: string) => AnyKind;
  readonly botFramework?: BotFramework;
  /** A stand-in for security keys. Only the demo has one to give: see {@link StandIn}. */
  readonly standIn?: StandIn;
}

/**
 * Composes and starts what `ROLE` asks for.
 *
 * @param config - as read from the environment
 * @param env - what the policy's `${NAME}` are taken from
 * @param options - `botFramework`: in place of Microsoft's own; `say`: takes a line for each step that takes a while; `kindOf`: the kinds of targets there are, by the
 *   policy's `provider:`; those of the registry if not given; `wall`: the machine's clock; `now`: instead of any clock
 * @throws `CONFIG_INVALID`, and what {@link layFoundation} and the parts throw
 */
export async function start(config: Config, env: NodeJS.ProcessEnv, options: StartOptions): Promise<Running> {
  collectAlone();
  const clocks = { wall: options.wall ?? Date.now, elapsed: () => performance.now() };
  const clock = new SteadyClock(clocks);
  const now = options.now ?? (() => clock.now());
  try {
    return await compose(config, env, {
      ...options,
      now,
      keep: (redis) => keepRight(clock, redis, clocks, options.log),
    });
  } catch (error) {
    await endAtFailedStart(error, config, env, { log: options.log, now, kindOf: options.kindOf });
    throw error;
  }
}

async function compose(
  config: Config,
  env: NodeJS.ProcessEnv,
  options: StartOptions & { readonly now: () => number; readonly keep: (redis: Connection) => Promise<() => void> },
): Promise<Running> {
  const { log, now, keep, say = () => undefined } = options;
  if (plays(config, "bot") && config.slack === undefined && config.teams === undefined) {
    throw new CodedError("CONFIG_INVALID", "SLACK_BOT_TOKEN is missing.", {
      next: "Set it and SLACK_SIGNING_SECRET (or SLACK_APP_TOKEN) in .env, or for Teams MicrosoftAppId; or try the demo: breakglass demo",
    });
  }
  if (config.production && options.standIn !== undefined)
    throw new CodedError("CONFIG_INVALID", "A stand-in for security keys has no place in production.");
  const { botFramework } = options;
  const registry = processRegistry();
  const watch = { trace: await traceOf(config), called: callMetrics(registry) };
  const base = await layFoundation(config, env, { log, now, say, watch, botFramework });
  const parts: Part[] = [];
  let letGo: () => void = () => undefined;
  try {
    letGo = await keep(base.redis);
    const web = express().disable("x-powered-by").set("trust proxy", config.trustedProxies);
    const gateway = await openGateway(base);
    if (gateway.part !== undefined) parts.push(gateway.part);
    if (plays(config, "worker")) parts.push(await startAccessWorker(base, gateway.address, options.kindOf));
    await base.policyRecord.look();
    await base.slack.open();
    if (plays(config, "bot")) parts.push(await startBot(base, web, options.standIn));
    ownRoutes(web, base, parts, registry);
    const server = await listen(web, config.host, config.port);
    const { port } = server.address() as AddressInfo;
    const url = `http://${config.host}:${port}`;
    const summary = [...(await summaryOf(base, url)), ...gateway.summary];
    return {
      ...{ url, summary, gateway: gateway.part === undefined ? undefined : gateway.address() },
      stop: () => stop(server, parts, base).finally(letGo),
    };
  } catch (error) {
    letGo();
    for (const part of parts) await part.stop();
    await base.close();
    await watch.trace.stop();
    throw error;
  }
}

/** The libraries of it are loaded where it is wanted alone. */
async function traceOf({ traces }: Config): Promise<Trace> {
  if (traces === undefined) return untraced;
  const { openTelemetry } = await import("./serve/open-telemetry.ts");
  return openTelemetry(traces);
}

/**
 * Probes and scrapes come every few seconds; what they ask costs the ledger and chat something. `/healthz` costs nothing, and has no
 * measure: whoever is told 429 there may restart a program that is well.
 */
const PROBES: Rate = { perSecond: 20, burst: 100 };

/** The session gateway, if this process has one, and where people reach it, if there is one. */
async function openGateway(base: Foundation) {
  const { config } = base;
  const { gateway } = config;
  if (gateway === undefined) return { part: undefined, address: () => undefined, summary: [] };
  if (!plays(config, "gateway"))
    return { part: undefined, address: () => gatewayAddress(gateway, gateway.port), summary: [] };
  const { part, port } = await startGateway(base, gateway);
  const inTheClear = gateway.tls === undefined ? ", in the clear" : ", over TLS";
  const summary = [`Session gateway: ${gateway.host}:${port}${inTheClear}`];
  return { part, address: () => gatewayAddress(gateway, port), summary };
}

function ownRoutes(web: Express, base: Foundation, parts: readonly Part[], registry: Registry): void {
  const { ledger, log } = base;
  web.use(["/readyz", "/metrics"], throttled(PROBES));
  healthRoutes(web, {
    ledger: async () => {
      await ledger.head();
      return undefined;
    },
    ...Object.fromEntries(parts.map(({ name, ready }) => [name, ready])),
  });
  metricsRoute(web, { registry, sources: metricSources(base, parts) });
  // Express knows an error handler by its four parameters.
  web.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    const status = refusedAs(error);
    log[status === 500 ? "error" : "warn"]("a web request failed", { status, error });
    if (response.headersSent) next(error);
    else response.status(status).end();
  });
}

/** Whoever sent what can't be read (too long, cut off) is told so; everything else is our own failure. */
function refusedAs(error: unknown): number {
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
  return typeof status === "number" && status >= 400 && status < 500 ? status : 500;
}

async function listen(web: Express, host: string, port: number): Promise<Server> {
  const server = webServer(web);
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
  const policy = policies.current;
  return [
    ...(config.role === "gateway" || (config.slack === undefined && config.teams !== undefined)
      ? []
      : [slackSummary(config, slack.identity, url)]),
    ...(config.teams === undefined ? [] : [teamsSummary(config.teams, url)]),
    `Redis: ${config.redisUrl === undefined ? `its own, under ${config.dataDir}` : "REDIS_URL"}; the ledger has ${counted((await ledger.head()).seq, "entry", "entries")}`,
    `Policy: ${config.policyFile} (${policy.hash}), ${counted(Object.keys(policy.targets).length, "target")}, ${counted(Object.keys(policy.people).length, "person", "people")}`,
  ];
}

function slackSummary({ slack }: Config, identity: SlackIdentity | undefined, url: string): string {
  if (identity === undefined) return "Slack: not reached yet; trying on";
  const by = slack !== undefined && "appToken" in slack.by ? "over Socket Mode" : `over HTTP at ${url}/slack/events`;
  return `Slack: ${identity.teamName} (${identity.team}), ${by}`;
}

function teamsSummary({ tenant, by }: TeamsConfig, url: string): string {
  const who = by === "playground" ? "whoever calls on this machine (Agents Playground)" : `the bot ${by.appId}`;
  return `Teams: tenant ${tenant}, ${who}, at ${url}${TEAMS_ROUTE}`;
}

async function stop(server: Server, parts: readonly Part[], base: Foundation): Promise<void> {
  const closed = once(server, "close");
  server.close();
  // A call that came in before is answered; a connection that only stays open is not waited for.
  const closing = setInterval(() => {
    server.closeIdleConnections();
  }, 20);
  await Promise.race([closed, setTimeout(LAST_ANSWERS_MS, undefined, { ref: false })]);
  clearInterval(closing);
  await Promise.allSettled(parts.map((part) => part.stop()));
  await base.close();
  await base.watch.trace.stop();
  server.closeAllConnections();
}
