import type { RequestHandler } from "express";
import { Throttle, type Rate } from "../app/throttle.ts";

/** Refuses with 429 whoever calls more often, by their address (`TRUSTED_PROXIES` says whose word is taken for that). */
export function throttled(rate: Rate, now: () => number = () => performance.now()): RequestHandler {
  const throttle = new Throttle(rate, now);
  return (request, response, next) => {
    const waitS = throttle.take(request.ip ?? "");
    if (waitS === undefined) next();
    else response.status(429).set("retry-after", String(waitS)).end();
  };
}
