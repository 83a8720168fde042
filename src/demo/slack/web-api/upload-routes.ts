import express from "express";
import type { Request, Response, Router } from "express";
import type { Faults } from "../faults.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { UPLOAD_ROUTE } from "./file-methods.ts";
import { misbehave } from "./misbehave.ts";

/**
 * Takes a file's bytes, as they are, where {@link fileMethods} said that they are to be sent: 200, or 400 when they are not as many
 * as were announced. A form of several parts, which Slack takes too, is refused.
 *
 * @param workspace - where
 * @param faults - what shall go wrong, by the name `upload`
 */
export function uploadRoutes(workspace: Workspace, faults: Faults): Router {
  const router = express.Router();
  const raw = express.raw({ type: () => true, limit: "64mb" });
  router.post(
    `${UPLOAD_ROUTE}/:ticket`,
    raw,
    misbehave(faults, () => ["upload"]),
    (request: Request, response: Response) => {
      const bytes: unknown = request.body;
      const isForm = request.is("multipart/*") !== false && request.is("multipart/*") !== null;
      const problem = isForm
        ? "send the bytes as they are"
        : workspace.files.send(String(request.params["ticket"]), Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0));
      if (problem === undefined) response.type("text").send("OK");
      else response.status(400).type("text").send(problem);
    },
  );
  return router;
}
