import express, { type Request, type RequestHandler, type Response } from "express";
import { z } from "zod";
import { Throttle, type Rate } from "../app/throttle.ts";
import { asCoded, Refusal, type Code } from "../errors.ts";
import type { Log } from "../log.ts";
import type { RelyingParty } from "../stepup/relying-party.ts";
import { pageHeaders } from "./page-headers.ts";
import { throttled } from "./throttle.ts";

/** A person reads, clicks and touches; whoever does more is no person. */
const PAGES: Rate = { perSecond: 10, burst: 60 };
/** What pages load costs nothing, and a page that gets only half of it is dead: people of one office, or behind one proxy, open theirs at once. */
const ASSETS: Rate = { perSecond: 50, burst: 500 };
/** Links that nobody gave: one who guesses is not answered any more, while right links still are. */
const GUESSES: Rate = { perSecond: 0.1, burst: 20 };
const BODY_MAX = "32kb";

const token = z.object({ token: z.string() });

/** What became of a link, with the status it is answered with. */
export interface Drawn {
  readonly status: 200 | 404 | 410;
  readonly page: string;
}

/** What stands before all our pages and before all that their scripts ask. */
export interface PageGuard {
  /** Rate and headers: the first of every route's handlers. */
  readonly guarded: readonly RequestHandler[];
  /** The same for what pages load. */
  readonly loaded: readonly RequestHandler[];
  /** Draws what a link leads to. GET shows, and changes nothing. */
  readonly show: (draw: (given: string) => Promise<Drawn>) => RequestHandler[];
  /** Answers a page's script: JSON, from our own page only. */
  readonly answer: (work: (given: string, body: unknown) => Promise<object>) => RequestHandler[];
}

export function pageGuard({ party, log }: { readonly party: RelyingParty; readonly log: Log }): PageGuard {
  const guesses = new Throttle(GUESSES, () => performance.now());
  const guarded = [throttled(PAGES), pageHeaders];
  const loaded = [throttled(ASSETS), pageHeaders];

  const show: PageGuard["show"] = (draw) => [
    ...guarded,
    async (request: Request, response: Response) => {
      const drawn = await draw(token.parse(request.params).token);
      if (drawn.status === 404) {
        const waitS = guesses.take(request.ip ?? "");
        if (waitS !== undefined) {
          response.status(429).set("retry-after", String(waitS)).end();
          return;
        }
        log.warn("a link was tried that nobody gave", { address: request.ip });
      }
      response.status(drawn.status).type("html").send(drawn.page);
    },
  ];

  const answer: PageGuard["answer"] = (work) => [
    ...guarded,
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

  return { guarded, loaded, show, answer };
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
