import { request as call } from "node:http";
import type { RequestHandler } from "express";

/** What the bot serves to browsers. */
const PAGES = /^\/(?:confirm|keys|credential|assets|stand-in)(?:\/|$)/;

/**
 * Passes the bot's own pages on, as a reverse proxy does: so that the demo has one address, and a key is asked for at `localhost`.
 *
 * @param bot - where the bot listens; empty until it does
 */
export function botPages(bot: () => string): RequestHandler {
  return (request, response, next) => {
    const base = bot();
    if (base === "" || !PAGES.test(request.path)) {
      next();
      return;
    }
    const { method, headers } = request;
    const passed = call(new URL(request.originalUrl, base), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => {
      if (!response.headersSent) response.status(502);
      response.end();
    });
    request.pipe(passed);
  };
}
