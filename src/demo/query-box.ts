import { createHash } from "node:crypto";
import express, { type ErrorRequestHandler, type Router } from "express";
import { z } from "zod";
import { QuerySession, type QueryAddress, type QueryAnswer } from "./query-session.ts";

/** A session without a query for this long is closed. */
const IDLE_MS = 5 * 60_000;

/** More people than this don't try the demo at one time; the oldest session gives way. */
const SESSIONS = 20;

/** The SQLSTATEs with which Postgres ends a session or lets nobody in (Appendix A, classes 57P and 28). */
const CLOSED = new Set(["57P01", "57P02", "57P05"]);
const LOGIN_REFUSED = new Set(["28P01", "28000"]);

const user = z.string().min(1).max(63);
const query = z.strictObject({ user, password: z.string().min(1).max(200), sql: z.string().min(1).max(10_000) });
const whose = z.strictObject({ user });

/** What the console shows when a query came to nothing. `ended`: the access is over, not just this query. */
export interface QueryFailure {
  readonly error: string;
  readonly code: string;
  readonly ended: boolean;
}

interface Seat {
  readonly session: QuerySession;
  readonly login: string;
  lastUsed: number;
}

/**
 * The orders console's server: it runs a person's queries as the role whose password they were given, over one session
 * that stays open between queries, so that the page can show how a live session dies when access ends.
 *
 * `POST /demo/query {user, password, sql}`, `POST /demo/session {user}` (is it still alive?), `POST /demo/disconnect {user}`.
 * It trusts whoever reaches it: mount it only where nobody but this machine does.
 *
 * @param address - where sessions go: asked for each one, because the session gateway may be up later than the page
 * @param now - the clock in ms
 */
export function queryBox(address: () => QueryAddress, now: () => number = Date.now): Router {
  const seats = new Map<string, Seat>();

  /** The person's live session, or a new one; another password never gets into a session that is open. */
  async function seatOf(name: string, password: string): Promise<Seat> {
    const login = createHash("sha256").update(password).digest("hex");
    const open = seats.get(name);
    if (open?.login === login && !open.session.ended) return open;
    const session = new QuerySession(address(), { user: name, password }, now);
    await session.open();
    await open?.session.close();
    const seat = { session, login, lastUsed: now() };
    seats.set(name, seat);
    await closeSome();
    return seat;
  }

  /** What the database ended stays known, so that the page is told that it was, and not that it never began. */
  async function closeSome(): Promise<void> {
    const oldest = [...seats].sort(([, a], [, b]) => b.lastUsed - a.lastUsed);
    for (const [index, [name, seat]] of oldest.entries()) {
      if (index < SESSIONS && (seat.session.ended || now() - seat.lastUsed < IDLE_MS)) continue;
      seats.delete(name);
      await seat.session.close();
    }
  }

  async function answer({ user: name, password, sql }: z.infer<typeof query>): Promise<QueryAnswer | QueryFailure> {
    const before = seats.get(name);
    try {
      const seat = await seatOf(name, password);
      seat.lastUsed = now();
      return await seat.session.run(sql);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown.message : String(thrown);
      const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
      // The database tells a stranger nothing about why a login fails; that this person was in before, we know.
      const locked = LOGIN_REFUSED.has(code) && before?.session.ended === true;
      const ended = locked || CLOSED.has(code) || seats.get(name)?.session.ended === true;
      return { error, code, ended };
    }
  }

  const router = express.Router();
  const timer = setInterval(() => void closeSome(), 30_000);
  timer.unref();
  router.use("/demo", express.json({ limit: "64kb" }));
  router.post("/demo/query", async (request, response) => {
    response.json(await answer(query.parse(request.body)));
  });
  router.post("/demo/session", (request, response) => {
    const seat = seats.get(whose.parse(request.body).user);
    response.json({ session: seat === undefined ? "none" : seat.session.ended ? "ended" : "open" });
  });
  router.post("/demo/disconnect", async (request, response) => {
    const { user: name } = whose.parse(request.body);
    const seat = seats.get(name);
    seats.delete(name);
    await seat?.session.close();
    response.json({ session: "none" });
  });
  router.use("/demo", refuse);
  return router;
}

/** What the page sends wrongly is its own fault, and is told in words. */
const refuse: ErrorRequestHandler = (thrown: unknown, _request, response, next) => {
  if (thrown instanceof z.ZodError)
    response
      .status(400)
      .json({ error: thrown.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ") });
  else next(thrown);
};
