import { randomBytes } from "node:crypto";
import { Figures } from "../app/figures.ts";
import { Follower } from "../app/follower.ts";
import { FollowerPlaces } from "../app/follower-places.ts";
import { LedgerSteps } from "../app/ledger-steps.ts";
import type { Foundation } from "./foundation.ts";

const PAGE = 500;

/** What adds up the figures of the ledger for `/metrics`, in a worker. */
export function countingFigures({ ledger, redis, urgentFirst, now, log }: Foundation): Follower {
  const figures = new Figures(redis);
  return new Follower({
    name: "figures",
    page: PAGE,
    steps: new LedgerSteps(ledger),
    places: new FollowerPlaces(redis, () => randomBytes(12).toString("hex")),
    own: { read: () => figures.place(), reset: () => figures.reset() },
    head: () => ledger.head(),
    take: (steps) => figures.count(steps),
    turn: () => urgentFirst.turn(),
    now,
    log,
  });
}
