import { fileURLToPath } from "node:url";
import express, { type Request, type Response } from "express";
import { z } from "zod";
import type { StandIn } from "../web/page-routes.ts";
import { SoftKey } from "./soft-key.ts";

const PAGE = fileURLToPath(new URL("../../src/demo/page/", import.meta.url));
const SCRIPT = "stand-in.js";

/** What a page's script was given by the server, as far as a key needs it. */
const askedSchema = z.object({
  kind: z.enum(["enrol", "confirm"]),
  options: z.object({
    challenge: z.string(),
    rpId: z.string().optional(),
    rp: z.object({ id: z.string() }).optional(),
    allowCredentials: z.array(z.object({ id: z.string() })).default([]),
  }),
});

/**
 * The demo's stand-in for security keys, for whoever has none at hand: a button more on each page, and keys of software behind it.
 * It signs whatever it is asked to, for anybody who asks; they live as long as the demo.
 */
export function standIn(): StandIn {
  const keys = new Map<string, SoftKey>();
  const routes = express.Router();
  routes.get(`/assets/${SCRIPT}`, (_request: Request, response: Response) => {
    response.sendFile(SCRIPT, { root: PAGE, cacheControl: false });
  });
  routes.post("/stand-in", express.json(), (request: Request, response: Response) => {
    const { kind, options } = askedSchema.parse(request.body);
    const { challenge, rpId, rp, allowCredentials } = options;
    const asked = { challenge, rpId: rpId ?? rp?.id ?? "", origin: request.headers.origin ?? "" };
    if (kind === "enrol") {
      const made = new SoftKey();
      keys.set(made.credential, made);
      response.json(made.enrol(asked));
      return;
    }
    const key = allowCredentials.map(({ id }) => keys.get(id)).find((each) => each !== undefined);
    if (key !== undefined) response.json(key.sign(asked));
    else response.status(404).json({ message: "None of this person's keys is a stand-in.", next: "" });
  });
  return { script: SCRIPT, routes };
}
