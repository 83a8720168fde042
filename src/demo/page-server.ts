import { fileURLToPath } from "node:url";
import express, { type RequestHandler, type Router } from "express";

/** The page's own files. The way is right from `src/demo` and from `dist/demo`: the page isn't compiled. */
const PAGE = fileURLToPath(new URL("../../src/demo/page/", import.meta.url));

/** What of the folder is the page: not its compiler settings. */
const SERVED = /^\/[a-z-]+\.(?:js|css|svg)$/;

/** Nothing but the page's own files and its own server; and nobody may put it into a frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const guarded: RequestHandler = (_request, response, next) => {
  response.set({
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
  });
  next();
};

/** Serves the demo's page at `/`, and its scripts and styles below `/page`. */
export function pageServer(): Router {
  const router = express.Router();
  router.get("/", guarded, (_request, response) => {
    response.sendFile("index.html", { root: PAGE, cacheControl: false });
  });
  router.use(
    "/page",
    guarded,
    (request, response, next) => {
      if (SERVED.test(request.path)) next();
      else response.sendStatus(404);
    },
    express.static(PAGE, { cacheControl: false, index: false }),
  );
  return router;
}
