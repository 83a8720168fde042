import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from "express";
import type { Confirmations } from "../app/confirmations.ts";
import type { Reveals } from "../app/reveals.ts";
import type { Log } from "../log.ts";
import type { RelyingParty } from "../stepup/relying-party.ts";
import { credentialRoutes } from "./credential-routes.ts";
import { pageGuard } from "./page-guard.ts";
import { stepUpRoutes } from "./step-up-routes.ts";

/** A stand-in for a security key, for who has none at hand: only the demo has one. */
export interface StandIn {
  /** A script of its own on each page, and what answers it. */
  readonly script: string;
  readonly routes: RequestHandler;
}

export interface PageRoutesOptions {
  readonly confirmations: Confirmations;
  readonly reveals: Reveals;
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

/** Adds the pages behind the one-time links, and what they load. */
export function pageRoutes(web: Express, options: PageRoutesOptions): void {
  const { confirmations, reveals, party, nameOf, standIn, log } = options;
  // It would be a hash of what a page is shown, in a header.
  web.disable("etag");
  const guard = pageGuard({ party, log });
  const { guarded, loaded } = guard;
  const drawing = { nameOf, extraScripts: standIn === undefined ? [] : [standIn.script] };
  stepUpRoutes(web, guard, { confirmations, drawing });
  credentialRoutes(web, guard, { reveals, drawing });
  web.use("/assets", ...loaded);
  // Its script is under /assets, and has passed there.
  if (standIn !== undefined) {
    web.use("/stand-in", ...guarded);
    web.use(standIn.routes);
  }
  web.get("/assets/webauthn.js", (_request: Request, response: Response) => {
    response.sendFile("index.umd.min.js", { root: webauthnFolder(), cacheControl: false });
  });
  web.use(
    "/assets",
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
