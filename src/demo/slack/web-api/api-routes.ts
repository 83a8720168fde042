import express from "express";
import type { Request, Response, Router } from "express";
import type { Faults } from "../faults.ts";
import { RateLimits } from "../rate-limits.ts";
import type { Rate } from "../rate-limits.ts";
import { SlackRefusal } from "../slack-refusal.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { ApiCalls } from "./api-call.ts";
import { checkBearer } from "./bearer.ts";
import { chatMethods } from "./chat-methods.ts";
import { conversationMethods } from "./conversation-methods.ts";
import { fileMethods } from "./file-methods.ts";
import type { Method } from "./method.ts";
import { misbehave } from "./misbehave.ts";
import { peopleMethods } from "./people-methods.ts";
import { viewMethods } from "./view-methods.ts";

/** How the Web API behaves. */
export type ApiOptions = {
  workspace: Workspace;
  faults: Faults;
  calls: ApiCalls;
  /** For `chat.postMessage`, a channel. */
  rate: Rate;
  /** More limits, as calls a minute, by method. */
  perMinute: Readonly<Record<string, number>>;
  /** A new Socket Mode address. */
  socketUrl: () => string;
};

const nameOf = (request: Request): string => String(request.params["method"]);

function argsOf(request: Request): { args: Record<string, unknown>; token: string | undefined } {
  const { token: inBody, ...args } = { ...request.query, ...(request.body as Record<string, unknown> | undefined) };
  const inHeader = /^Bearer (.+)$/i.exec(request.get("authorization") ?? "")?.[1];
  const isForm = request.is("json") === false && typeof inBody === "string";
  return { args, token: inHeader ?? (isForm ? inBody : undefined) };
}

/** @returns seconds to wait, 0 for none */
function overRate(limits: RateLimits, name: string, args: Record<string, unknown>, options: ApiOptions): number {
  const { rate, perMinute } = options;
  if (name === "chat.postMessage") return limits.take(`${name} ${String(args["channel"])}`, rate);
  const tier = perMinute[name];
  return tier === undefined ? 0 : limits.take(name, { perSecond: tier / 60, burst: tier });
}

/**
 * Slack's Web API at `/api/:method`: forms and JSON, HTTP 200 also for a refusal, 429 with `Retry-After`.
 *
 * @param options - how it behaves
 */
export function apiRoutes(options: ApiOptions): Router {
  const { workspace, faults, calls } = options;
  const connect: Method = { scopes: null, token: "app", call: () => ({ ok: true, url: options.socketUrl() }) };
  const methods = new Map<string, Method>(
    Object.entries({
      ...peopleMethods,
      ...chatMethods,
      ...conversationMethods,
      ...viewMethods,
      ...fileMethods,
      "apps.connections.open": connect,
    }),
  );
  const limits = new RateLimits(workspace.now);

  const work = (
    name: string,
    args: Record<string, unknown>,
    token: string | undefined,
    response: Response,
  ): unknown => {
    const method = methods.get(name);
    if (method === undefined) throw new SlackRefusal("unknown_method", [], { req_method: name });
    checkBearer(workspace.seed, token, method);
    const wait = overRate(limits, name, args, options);
    if (wait === 0) return method.call(workspace, args);
    response.status(429).set("Retry-After", String(wait));
    throw new SlackRefusal("ratelimited");
  };

  const answer = (request: Request, response: Response): void => {
    const name = nameOf(request);
    const { args, token } = argsOf(request);
    let body: Record<string, unknown>;
    try {
      body = work(name, args, token, response) as Record<string, unknown>;
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      body = error.body();
    }
    const { scopes } = workspace.seed;
    if (scopes !== undefined) response.set("X-OAuth-Scopes", scopes.join(","));
    calls.add({ method: name, args, at: workspace.now(), status: response.statusCode, answer: body });
    response.json(body);
  };

  const router = express.Router();
  const parsers = [express.urlencoded({ extended: false, limit: "2mb" }), express.json({ limit: "2mb" })];
  const names = (request: Request): string[] => [
    nameOf(request),
    `${nameOf(request)} ${String(argsOf(request).args["channel"])}`,
  ];
  router.all("/api/:method", ...parsers, misbehave(faults, names), answer);
  return router;
}
