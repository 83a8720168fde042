import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from "express";
import { z } from "zod";
import type { Confirmations } from "../app/confirmations.ts";
import { asCoded, Refusal, type Code } from "../errors.ts";
import type { Log } from "../log.ts";
import { assertionSchema } from "../stepup/assertion.ts";
import { registrationSchema } from "../stepup/registration.ts";
import type { RelyingParty } from "../stepup/relying-party.ts";
import { pageHeaders } from "./page-headers.ts";
import { drawPage } from "./step-up-pages.ts";
import { Throttle, throttled, type Rate } from "./throttle.ts";

/** A stand-in for a security key, for who has none at hand: only the demo has one. */
export interface StandIn {
  /** A script of its own on each page, and what answers it. */
  readonly script: string;
  readonly routes: RequestHandler;
}

export interface StepUpRoutesOptions {
  readonly confirmations: Confirmations;
  readonly party: RelyingParty;
  /** How people are called. */
  readonly nameOf: (person: string) => string;
  readonly standIn: StandIn | undefined;
  readonly log: Log;
}

/** The way is right from `src/web` and from `dist/web`: the page's files aren't compiled. */
const PAGE = fileURLToPath(new URL("../../src/web/page/", import.meta.url));
/** What of the folder is the page: not its compiler settings. */
const SERVED = /^\/[a-z-]+\.(?:js|css|svg)$/;
/** A person reads, clicks and touches; whoever does more is no person. */
const PAGES: Rate = { perSecond: 10, burst: 60 };
/** Links that nobody gave: one who guesses is not answered any more, while right links still are. */
const GUESSES: Rate = { perSecond: 0.1, burst: 20 };
const BODY_MAX = "32kb";

const token = z.object({ token: z.string() });
const proofBody = z.object({ version: z.int(), response: assertionSchema });
const enrolBody = z.object({ name: z.string().max(200), response: registrationSchema });

/** Adds the pages where something is confirmed or a key enrolled. GET shows, and changes nothing; only POST does. */
export function stepUpRoutes(web: Express, options: StepUpRoutesOptions): void {
  const { confirmations, party, nameOf, standIn, log } = options;
  const guesses = new Throttle(GUESSES, () => performance.now());
  const drawing = { nameOf, extraScripts: standIn === undefined ? [] : [standIn.script] };

  const show: RequestHandler = async (request, response) => {
    const drawn = drawPage(await confirmations.look(token.parse(request.params).token), drawing);
    if (drawn.status === 404) {
      const waitS = guesses.take(request.ip ?? "");
      if (waitS !== undefined) {
        response.status(429).set("retry-after", String(waitS)).end();
        return;
      }
      log.warn("a link was tried that nobody gave", { address: request.ip });
    }
    response.status(drawn.status).type("html").send(drawn.page);
  };

  /** Answers a page's script. */
  const answer = (work: (given: string, body: unknown) => Promise<object>): RequestHandler[] => [
    sameOrigin(party),
    express.json({ limit: BODY_MAX, strict: true }),
    async (request: Request, response: Response) => {
      try {
        response.json(await work(token.parse(request.params).token, request.body));
      } catch (thrown) {
        const error = thrown instanceof z.ZodError ? unreadable() : asCoded(thrown);
        if (error.code === "INTERNAL") log.error("a page's call failed", { error: thrown });
        response.status(STATUS[error.code] ?? 409).json({ code: error.code, message: error.message, next: error.next });
      }
    },
  ];

  const guarded = [throttled(PAGES), pageHeaders];
  web.get(["/confirm/:token", "/keys/:token"], guarded, show);
  web.post(
    "/confirm/:token/options",
    guarded,
    answer((given) => confirmations.askForProof(given)),
  );
  web.post(
    "/confirm/:token",
    guarded,
    answer(async (given, body) => {
      const { version, response } = proofBody.parse(body);
      await confirmations.prove(given, version, response);
      return { done: true };
    }),
  );
  web.post(
    "/keys/:token/options",
    guarded,
    answer(async (given) => ({ version: 0, options: await confirmations.askForKey(given) })),
  );
  web.post(
    "/keys/:token",
    guarded,
    answer(async (given, body) => {
      const { name, response } = enrolBody.parse(body);
      await confirmations.enrol(given, name, response);
      return { done: true };
    }),
  );
  if (standIn !== undefined) web.use(guarded, standIn.routes);
  web.get("/assets/webauthn.js", guarded, (_request: Request, response: Response) => {
    response.sendFile("index.umd.min.js", { root: webauthnFolder(), cacheControl: false });
  });
  web.use(
    "/assets",
    guarded,
    (request: Request, response: Response, next: NextFunction) => {
      if (SERVED.test(request.path)) next();
      else response.sendStatus(404);
    },
    express.static(PAGE, { cacheControl: false, index: false }),
  );
}

/** The browser's half of SimpleWebAuthn, as its package ships it. */
function webauthnFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve("@simplewebauthn/browser")), "../dist/bundle");
}

const STATUS: Partial<Record<Code, number>> = {
  STEP_UP_LINK: 410,
  STEP_UP_THROTTLED: 429,
  BAD_USAGE: 400,
  INTERNAL: 500,
  LEDGER_UNAVAILABLE: 503,
};

function unreadable(): Refusal {
  return new Refusal("BAD_USAGE", "The browser sent something that can't be read.", { next: "Reload the page." });
}

/** Only our own pages may ask: a browser says where a call comes from. */
function sameOrigin({ origin }: RelyingParty): RequestHandler {
  return (request, response, next) => {
    if (request.headers.origin === origin) next();
    else
      response
        .status(403)
        .json({ code: "PLATFORM_MISMATCH", message: "This was not asked by our own page.", next: "" });
  };
}
