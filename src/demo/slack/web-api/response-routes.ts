import express from "express";
import type { Request, Response, Router } from "express";
import type { Faults } from "../faults.ts";
import { SlackRefusal } from "../slack-refusal.ts";
import { respond } from "../workspace/respond.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { ApiCalls } from "./api-call.ts";
import { misbehave } from "./misbehave.ts";

/**
 * The response URLs, `/response/:id`. A spent or unknown one is a 404, a message that can't be shown a 400.
 *
 * @param workspace - where the answers appear
 * @param faults - ordered under the name `response_url`
 * @param calls - where each is noted
 */
export function responseRoutes(workspace: Workspace, faults: Faults, calls: ApiCalls): Router {
  const answer = (request: Request, response: Response): void => {
    const args = (request.body ?? {}) as Record<string, unknown>;
    const done = (status: number, body: Record<string, unknown>): void => {
      calls.add({ method: "response_url", args, at: workspace.now(), status, answer: body });
      response.status(status).json(body);
    };
    const place = workspace.responseUrls.use(String(request.params["id"]));
    if (typeof place === "string") {
      done(404, { ok: false, error: place });
      return;
    }
    try {
      respond(workspace, place, args);
      done(200, { ok: true });
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      done(400, error.body());
    }
  };
  const router = express.Router();
  router.post(
    "/response/:id",
    misbehave(faults, () => ["response_url"]),
    express.json({ limit: "2mb" }),
    answer,
  );
  return router;
}
