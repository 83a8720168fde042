import type { Express } from "express";
import { z } from "zod";
import type { PageCall, Reveals } from "../app/reveals.ts";
import { assertionSchema } from "../stepup/assertion.ts";
import { drawCredentialPage } from "./credential-page.ts";
import type { PageGuard } from "./page-guard.ts";
import type { Drawing } from "./step-up-pages.ts";

/** The page's own text: 32 random bytes, base64url. */
const claimBody = z.object({ claim: z.base64url().length(43) });
const revealBody = z.object({
  ...claimBody.shape,
  signed: z.object({ version: z.int(), response: assertionSchema }).optional(),
});

/** Adds the page where a secret is shown. GET shows none and changes nothing; only POST does. */
export function credentialRoutes(
  web: Express,
  { show, answer }: PageGuard,
  { reveals, drawing }: { readonly reveals: Reveals; readonly drawing: Drawing },
): void {
  /** @param work - what a page that brings its own text along asks for */
  const call = (work: (asked: PageCall) => Promise<object>) =>
    answer(async (given, body) => await work({ token: given, claim: claimBody.parse(body).claim }));
  /** @param work - the same, where there is nothing to say but that it is done */
  const order = (work: (asked: PageCall) => Promise<void>) =>
    call(async (asked) => {
      await work(asked);
      return { done: true };
    });

  web.get(
    "/credential/:token",
    show(async (given) => drawCredentialPage(await reveals.look(given), drawing)),
  );
  web.post(
    "/credential/:token/options",
    call((asked) => reveals.askForProof(asked)),
  );
  web.post(
    "/credential/:token",
    answer(async (given, body) => {
      const { claim, signed } = revealBody.parse(body);
      const { credential, leftMs } = await reveals.reveal({ token: given, claim }, signed);
      const { user, password, connect } = credential;
      return { user, password: password.reveal(), connect, leftMs };
    }),
  );
  web.post(
    "/credential/:token/shown",
    order((asked) => reveals.shown(asked)),
  );
  web.post(
    "/credential/:token/standing",
    call((asked) => reveals.standing(asked)),
  );
  web.post(
    "/credential/:token/rotate",
    order((asked) => reveals.rotate(asked)),
  );
  web.post(
    "/credential/:token/fresh",
    call(async (asked) => ({ link: await reveals.fresh(asked) })),
  );
  web.post(
    "/credential/:token/end",
    order((asked) => reveals.end(asked)),
  );
}
