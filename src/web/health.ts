import type { Express } from "express";
import { oneLook } from "./one-look.ts";

/** Something the program needs: fine, or a sentence that says what is wrong with it. */
export type Readiness = Readonly<Record<string, () => Promise<string | undefined>>>;

/** `/healthz`: the process is alive. `/readyz`: and so is what it needs; otherwise 503, and what is wrong. */
export function healthRoutes(web: Express, needs: Readiness): void {
  web.get("/healthz", (_request, response) => {
    response.json({ alive: true });
  });
  const names = Object.keys(needs);
  const look = oneLook(
    async () => await Promise.all(Object.values(needs).map(async (ask) => await ask().catch(() => "it can't be told"))),
  );
  web.get("/readyz", async (_request, response) => {
    const answers = await look();
    const wrong = names.flatMap((name, index) => (answers[index] === undefined ? [] : [[name, answers[index]]]));
    response.status(wrong.length === 0 ? 200 : 503).json({ ready: wrong.length === 0, ...Object.fromEntries(wrong) });
  });
}
