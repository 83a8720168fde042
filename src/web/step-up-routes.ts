import type { Express } from "express";
import { z } from "zod";
import type { Confirmations } from "../app/confirmations.ts";
import { assertionSchema } from "../stepup/assertion.ts";
import { registrationSchema } from "../stepup/registration.ts";
import type { PageGuard } from "./page-guard.ts";
import { drawPage, type Drawing } from "./step-up-pages.ts";

const proofBody = z.object({ version: z.int(), response: assertionSchema });
const enrolBody = z.object({ name: z.string().max(200), response: registrationSchema });

/** Adds the pages where something is confirmed or a key enrolled. GET shows, and changes nothing; only POST does. */
export function stepUpRoutes(
  web: Express,
  { show, answer }: PageGuard,
  { confirmations, drawing }: { readonly confirmations: Confirmations; readonly drawing: Drawing },
): void {
  web.get(
    ["/confirm/:token", "/keys/:token"],
    show(async (given) => drawPage(await confirmations.look(given), drawing)),
  );
  web.post(
    "/confirm/:token/options",
    answer((given) => confirmations.askForProof(given)),
  );
  web.post(
    "/confirm/:token",
    answer(async (given, body) => {
      const { version, response } = proofBody.parse(body);
      await confirmations.prove(given, version, response);
      return { done: true };
    }),
  );
  web.post(
    "/keys/:token/options",
    answer(async (given) => ({ version: 0, options: await confirmations.askForKey(given) })),
  );
  web.post(
    "/keys/:token",
    answer(async (given, body) => {
      const { name, response } = enrolBody.parse(body);
      await confirmations.enrol(given, name, response);
      return { done: true };
    }),
  );
}
