import type { Request } from "express";
import { z } from "zod";
import type { Throttle } from "../app/throttle.ts";
import { asCoded } from "../errors.ts";
import type { Log } from "../log.ts";
import { readActivity, tenantsOf, type Activity } from "./activity.ts";
import type { BotFramework } from "./bot-framework.ts";
import { isLoopback } from "./loopback.ts";

/** A bot's registration has other channels beside Teams, in which callers choose their own names. */
const CHANNEL = "msteams";

export interface GateOptions {
  readonly framework: BotFramework;
  readonly tenant: string;
  /** Nobody shows who they are: whoever calls must be on this machine, and can only be answered there. */
  readonly playground: boolean;
  /** What of refusals is still told to an address; beyond that it is 429, and the log has no line of it. */
  readonly refusals: Throttle;
  readonly log: Log;
}

/** What was let in, or the status that says why not. */
export type Admitted = { readonly activity: Activity } | { readonly status: 400 | 401 | 403 | 429 };

/**
 * What stands before everything else of Teams: a call without a good token, of another tenant, or of another channel of the bot's
 * registration is refused before anything is done with it.
 */
export async function admit(
  { framework, tenant, playground, refusals, log }: GateOptions,
  request: Pick<Request, "header" | "ip" | "socket">,
  body: unknown,
): Promise<Admitted> {
  const refuse = (status: 400 | 401 | 403, why: string, fields: Record<string, unknown> = {}): Admitted => {
    if (refusals.take(request.ip ?? "") !== undefined) return { status: 429 };
    tellRefused(log, status, why, fields);
    return { status };
  };
  const activity = readActivity(body);
  if (activity === undefined) {
    // Whoever has no token learns nothing about what would be well formed.
    return playground ? refuse(400, "it is no activity") : refuse(401, "it is no activity");
  }
  if (playground) {
    if (!isLoopback(request.socket.remoteAddress ?? "")) return refuse(403, "it comes from another machine");
    if (!isLoopback(new URL(activity.serviceUrl).hostname)) return refuse(403, "it is to be answered elsewhere");
  } else if (!activity.serviceUrl.startsWith("https://") && !isLoopback(new URL(activity.serviceUrl).hostname)) {
    return refuse(403, "it is to be answered in the clear");
  }
  try {
    await framework.check(request.header("authorization") ?? "", activity);
  } catch (error) {
    const { code, cause } = asCoded(error);
    return refuse(401, "its token is missing or wrong", {
      code,
      cause: cause instanceof Error ? cause.message : undefined,
    });
  }
  if (activity.channelId !== CHANNEL)
    return refuse(403, "it comes from another channel than Teams", { code: "PLATFORM_MISMATCH" });
  const tenants = tenantsOf(activity);
  if (tenants.length !== 1 || tenants[0] !== tenant.toLowerCase())
    return refuse(403, "it comes from another tenant, or from none", { code: "PLATFORM_MISMATCH" });
  return { activity };
}

/**
 * What could not even be read (cut off, too long, in an unknown encoding) is refused as what has no token is.
 *
 * @param error - what reading it threw
 * @param address - whose call it was
 * @returns the status; undefined when it is not the caller's fault
 */
export function unreadable(
  { playground, refusals, log }: GateOptions,
  error: unknown,
  address: string,
): 400 | 401 | 429 | undefined {
  const said = z.object({ status: z.int().min(400).max(499), message: z.string() }).safeParse(error);
  if (!said.success) return undefined;
  if (refusals.take(address) !== undefined) return 429;
  const status = playground ? 400 : 401;
  tellRefused(log, status, "it can't be read", { cause: said.data.message.slice(0, 200) });
  return status;
}

function tellRefused(log: Log, status: number, why: string, fields: Record<string, unknown>): void {
  log.warn("a call to Teams' route was refused", { status, why, ...fields });
}
