import { setTimeout } from "node:timers/promises";
import { json, type Express, type NextFunction, type Request, type Response } from "express";
import type { Log } from "../log.ts";
import { isPersonal, type Activity } from "./activity.ts";
import type { TeamsContext } from "./context.ts";
import { showHome } from "./home.ts";
import { admit, unreadable, type GateOptions } from "./gate.ts";
import type { InvokeAnswer } from "./invoke.ts";
import { onAction } from "./on-action.ts";
import { onDialogOpened, onDialogSubmitted } from "./on-dialog.ts";
import { onMessage } from "./on-message.ts";

export const TEAMS_ROUTE = "/api/messages";
const BODY_MAX = "256kb";
const FINISH_LIMIT_MS = 5_000;
/** A message is acknowledged by then, whatever is slow; its answer is a message of its own. */
const ACK_LIMIT_MS = 550;

export interface TeamsBotOptions {
  readonly context: Omit<TeamsContext, "afterwards">;
  readonly gate: GateOptions;
  /** The HTTP server's routes. */
  readonly web: Express;
  readonly log: Log;
}

/** What stops: the server is somebody else's. */
export interface TeamsBot {
  /** Waits for what is in hand. */
  stop(): Promise<void>;
}

/** Every way in from Teams: each translates, and ends in the one door. */
export function createTeamsBot({ gate, web, log, ...options }: TeamsBotOptions): TeamsBot {
  const inHand = new Set<Promise<unknown>>();
  const context: TeamsContext = { ...options.context, afterwards: (work) => void held(work) };

  web.post(TEAMS_ROUTE, json({ limit: BODY_MAX, type: () => true }), async (request: Request, response: Response) => {
    const admitted = await admit(gate, request, request.body);
    if ("status" in admitted) {
      response.status(admitted.status).end();
      return;
    }
    const { activity } = admitted;
    await context.conversations.remember(activity).catch((error: unknown) => {
      log.warn("what Teams told of a conversation could not be kept", { error });
    });
    if (activity.type === "invoke") {
      const { status, body } = await held(invoked(context, activity));
      response.status(status).json(body ?? {});
      return;
    }
    const work = activity.type === "message" ? heard(activity) : welcomed(activity);
    await Promise.race([held(work), setTimeout(ACK_LIMIT_MS, undefined, { ref: false })]);
    response.status(200).json({});
  });
  // Express knows an error handler by its four parameters.
  web.use(TEAMS_ROUTE, (error: unknown, request: Request, response: Response, next: NextFunction) => {
    const status = unreadable(gate, error, request.ip ?? "");
    if (status === undefined || response.headersSent) next(error);
    else response.status(status).end();
  });

  async function heard(activity: Activity): Promise<void> {
    await onMessage(context, activity).catch((error: unknown) => {
      log.error("a message could not be answered", { error });
    });
  }

  /** Whoever adds the app for themselves sees at once what there is for them. */
  async function welcomed(activity: Activity): Promise<void> {
    const account = activity.from.aadObjectId;
    const added = activity.type === "installationUpdate" && activity.action === "add" && isPersonal(activity);
    if (!added || account === undefined) return;
    await showHome(context, account).catch((error: unknown) => {
      log.warn("somebody who added the app could not be shown their home", { account, error });
    });
  }

  async function held<T>(work: Promise<T>): Promise<T> {
    inHand.add(work);
    try {
      return await work;
    } finally {
      inHand.delete(work);
    }
  }

  return {
    stop: async () => {
      // A Teams that hangs can't hold up the end.
      await Promise.race([Promise.allSettled(inHand), setTimeout(FINISH_LIMIT_MS, undefined, { ref: false })]);
    },
  };
}

async function invoked(context: TeamsContext, activity: Activity): Promise<InvokeAnswer> {
  switch (activity.name) {
    case "adaptiveCard/action":
      return await onAction(context, activity);
    case "task/fetch":
      return await onDialogOpened(context, activity);
    case "task/submit":
      return await onDialogSubmitted(context, activity);
    default:
      return { status: 501 };
  }
}
