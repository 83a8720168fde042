import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { raw, type NextFunction, type Request, type RequestHandler, type Response } from "express";
import { CodedError } from "../errors.ts";
import type { Log } from "../log.ts";
import { foreign, type SlackIdentity } from "./identity.ts";
import type { ReplayMemory } from "../app/replay-memory.ts";
import { REFUSED, Throttle } from "../app/throttle.ts";

/** Slack's signature is good for 5 minutes (https://docs.slack.dev/authentication/verifying-requests-from-slack). */
const WINDOW_S = 300;
const REPLAY_KEPT_MS = 600_000;
const BODY_MAX = "1mb";
const SIGNATURE = /^v0=[0-9a-f]{64}$/;

export interface GuardOptions {
  readonly signingSecret: string;
  readonly own: () => SlackIdentity | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly received: Pick<ReplayMemory, "isNewHere" | "isKnownElsewhere" | "share">;
  readonly log: Log;
}

/**
 * Checks Slack's signature, version 0: HMAC-SHA256 over `v0:<timestamp>:<body>`, no older and no younger than 5 minutes.
 *
 * @throws `SIGNATURE_INVALID`
 */
export function checkSignature(options: {
  readonly signingSecret: string;
  readonly body: Buffer;
  readonly signature: string | undefined;
  readonly timestamp: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}): void {
  const { signingSecret, body, signature, timestamp, now } = options;
  if (signature === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) {
    throw new CodedError("SIGNATURE_INVALID", "The signature is missing.");
  }
  // Bolt refuses what is too old; what claims to come from the future could be kept and used later.
  if (Math.abs(Math.floor(now / 1_000) - Number(timestamp)) > WINDOW_S) {
    throw new CodedError("SIGNATURE_INVALID", "The signature is too old, or from the future.");
  }
  const expected = Buffer.from(
    `v0=${createHmac("sha256", signingSecret).update(`v0:${timestamp}:`).update(body).digest("hex")}`,
  );
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new CodedError("SIGNATURE_INVALID", "The signature is wrong.");
  }
}

/**
 * What stands before Bolt: a forged, stale or replayed call, and one that is meant for another app or workspace, is refused
 * before anything is done with it. A retry that Slack marks as one passes, and changes nothing the second time. An address whose calls
 * are refused too often is told so with 429, and costs neither the log a line nor Redis a question.
 */
export function slackGuard(options: GuardOptions): RequestHandler[] {
  const { signingSecret, now, received, own, log } = options;
  /** What the other replicas know of a call, asked when its head is there: the answer comes while the body does. */
  const elsewhere = new WeakMap<Request, Promise<boolean>>();
  const refusals = new Throttle(REFUSED, () => performance.now());

  function refuse(request: Request, status: number, told: string, fields: Record<string, unknown>): number {
    if (refusals.take(request.ip ?? "") !== undefined) return 429;
    log.warn(told, fields);
    return status;
  }

  async function check(request: Request): Promise<number> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const signature = request.header("x-slack-signature");
    try {
      checkSignature({
        signingSecret,
        body,
        signature,
        timestamp: request.header("x-slack-request-timestamp"),
        now: now(),
      });
    } catch (error) {
      return refuse(request, 401, "a call to Slack's route was refused", { error });
    }
    const isKnown = elsewhere.get(request) ?? received.isKnownElsewhere(signature ?? "");
    const fresh = received.isNewHere(signature ?? "", REPLAY_KEPT_MS) && !(await isKnown);
    if (!fresh && request.header("x-slack-retry-num") === undefined)
      return refuse(request, 401, "a replayed call to Slack's route was refused", { code: "REPLAYED" });
    const identity = own();
    if (identity === undefined) return 503;
    const payload = readPayload(request.header("content-type") ?? "", body);
    const why = payload === undefined ? undefined : foreign(payload, identity);
    if (why === undefined) return 200;
    return refuse(request, 403, "a call to Slack's route was refused", { code: "PLATFORM_MISMATCH", why });
  }

  return [
    (request: Request, _response: Response, next: NextFunction) => {
      const signature = request.header("x-slack-signature") ?? "";
      if (SIGNATURE.test(signature) && !refusals.isSpent(request.ip ?? ""))
        elsewhere.set(request, received.isKnownElsewhere(signature));
      next();
    },
    raw({ type: () => true, limit: BODY_MAX }),
    (request: Request, response: Response, next: NextFunction) => {
      check(request).then((status) => {
        if (status !== 200) {
          response.status(status).end();
          return;
        }
        // Bolt's receiver takes the body from here when something before it has read the stream.
        const passed: IncomingMessage & { rawBody?: unknown } = request;
        passed.rawBody = request.body;
        // A person waits for the answer; writing comes after it. What two replicas take meanwhile changes nothing twice.
        response.once("close", () => void received.share(request.header("x-slack-signature") ?? "", REPLAY_KEPT_MS));
        next();
      }, next);
    },
  ];
}

/** What Slack sent, whichever of its three forms; undefined for its checks of the route itself. */
function readPayload(type: string, body: Buffer): unknown {
  const text = body.toString("utf8");
  if (type.startsWith("application/json")) {
    const json = parse(text);
    return typeof json === "object" && json !== null && "type" in json && json.type === "url_verification"
      ? undefined
      : json;
  }
  const form = new URLSearchParams(text);
  if (form.get("ssl_check") === "1") return undefined;
  const payload = form.get("payload");
  return payload === null ? Object.fromEntries(form) : parse(payload);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
