import express from "express";
import type { ErrorRequestHandler, Request, RequestHandler, Response, Router } from "express";
import { z } from "zod";
import type { SendResult } from "../delivery/delivery.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { streamVersions } from "./events.ts";
import { pageRequests, targetOf } from "./page-requests.ts";

const asWhom = z.object({ as: z.string() });

/** A gesture ends with what Slack would show: nothing, or a problem. */
const outcome = ({ problem }: SendResult): Record<string, unknown> => ({ ok: problem === null, problem });

/** Parses a body, does what it asks for, and answers with what came of it. */
function gesture<Body>(
  schema: z.ZodType<Body>,
  run: (body: Body) => Record<string, unknown> | Promise<Record<string, unknown>>,
): RequestHandler {
  return async (request: Request, response: Response): Promise<void> => {
    response.json(await run(schema.parse(request.body)));
  };
}

/** What the page asks wrongly is its own fault: 400, with the reason. */
const explain: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) next(error);
  else response.status(400).json({ error: error instanceof Error ? error.message : String(error) });
};

/**
 * What the demo's page asks and does, below `/workspace`. Everything is done as the person named by `as`.
 *
 * @param workspace - where
 */
export function pageRoutes(workspace: Workspace): Router {
  const router = express.Router();

  router.get("/", (request, response) => {
    response.set("cache-control", "no-store").json(workspace.visibleTo(asWhom.parse(request.query).as));
  });
  router.get("/events", (request, response) => {
    const person = workspace.as(asWhom.parse(request.query).as);
    streamVersions(workspace, person.id, request, response);
  });

  router.get("/files/:id/:name", (request, response) => {
    const bytes = workspace.files.read(request.params.id);
    // Somebody else's page under our own address: it may do nothing here, whatever it says of itself.
    if (bytes === undefined) response.status(404).end();
    else {
      const type = request.params.name.endsWith(".png") ? "png" : "html";
      response.set("content-security-policy", "sandbox").type(type).send(bytes);
    }
  });

  router.use(express.json({ limit: "1mb" }));
  router.post(
    "/command",
    gesture(pageRequests.command, async ({ as, channel, text: line }) => {
      const [command = "", ...rest] = line.split(" ");
      return outcome(await workspace.as(as).command(command, rest.join(" ").trim(), { channel }));
    }),
  );
  router.post(
    "/click",
    gesture(pageRequests.click, async ({ as, channel, ts, ...click }) => {
      const message = workspace.history.find(channel, ts);
      if (message === undefined) throw new Error(`no message ${ts} in ${channel}`);
      return outcome(await workspace.as(as).click(structuredClone(message), targetOf(click)));
    }),
  );
  router.post(
    "/view-action",
    gesture(pageRequests.viewAction, async ({ as, view_id, ...click }) =>
      outcome(await workspace.as(as).clickIn(view_id, targetOf(click))),
    ),
  );
  router.post(
    "/open-home",
    gesture(pageRequests.openHome, async ({ as }) => outcome(await workspace.as(as).openHome())),
  );
  router.post(
    "/click-home",
    gesture(pageRequests.clickHome, async ({ as, ...click }) => {
      const tab = workspace.as(as).home();
      if (tab === null) throw new Error("no Home tab was published");
      return outcome(await workspace.as(as).clickHome(tab, targetOf(click)));
    }),
  );
  router.post(
    "/submit",
    gesture(pageRequests.submit, async ({ as, view_id, values }) =>
      outcome(await workspace.as(as).submit(view_id, values)),
    ),
  );
  router.post(
    "/close",
    gesture(pageRequests.close, async ({ as, view_id }) => outcome(await workspace.as(as).closeView(view_id))),
  );
  router.post(
    "/message",
    gesture(pageRequests.message, ({ as, channel, text, thread_ts }) => ({
      ok: true,
      problem: null,
      ts: workspace.as(as).say(channel, text, { thread_ts }).ts,
    })),
  );
  router.use(explain);
  return router;
}
