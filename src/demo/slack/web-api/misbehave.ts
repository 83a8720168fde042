import { setTimeout as delay } from "node:timers/promises";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import type { Fault, Faults } from "../faults.ts";

/**
 * Lets ordered faults happen before, or after, the work of a call.
 *
 * @param faults - the orders
 * @param names - the names under which faults of a request are ordered
 */
export function misbehave(faults: Faults, names: (request: Request) => readonly string[]): RequestHandler {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    if (faults.now === true) {
      response.status(503).type("text").send("Service Unavailable");
      return;
    }
    const fault: Fault = faults.now === "drop" ? { breakOff: true } : faults.take(...names(request));
    if (fault.delayMs !== undefined) await delay(fault.delayMs);
    if (fault.breakOff === true) {
      request.socket.destroy();
      return;
    }
    if (fault.hang === true) return;
    if (fault.retryAfter !== undefined) response.set("Retry-After", String(fault.retryAfter));
    const status = fault.status ?? (fault.retryAfter === undefined ? undefined : 429);
    if (status !== undefined || fault.error !== undefined) {
      const error = fault.error ?? (status === 429 ? "ratelimited" : "internal_error");
      response.status(status ?? 200).json({ ok: false, error });
      return;
    }
    if (fault.loseAnswer === true) {
      response.json = (): Response => {
        request.socket.destroy();
        return response;
      };
    }
    next();
  };
}
