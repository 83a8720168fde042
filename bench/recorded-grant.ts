import type { NewEvent } from "../src/domain/events.ts";
import { CLOCK } from "../src/domain/people.ts";
import type { Queues } from "../src/jobs/queues.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import { LIFE } from "./life.ts";
import { PEOPLE } from "./world.ts";

/** A request that has its access, was warned, and ends at a moment; with the job for that. */
export async function recordedGrant(ledger: Ledger, queues: Queues, nth: number, deadline: number): Promise<void> {
  const id = `BG-${String(nth).padStart(6, "0")}`;
  const [opened] = LIFE;
  if (opened?.type !== "RequestOpened") throw new Error("a life begins otherwise");
  const requester = `p${String(nth % PEOPLE).padStart(5, "0")}`;
  const data = {
    ...opened.data,
    requester,
    target: `db${nth % 8}`,
    verdict: { ...opened.data.verdict, automatic: {} },
  };
  const handle = { request: id, name: `bg_${id.slice(3).toLowerCase()}` };
  const events: NewEvent[] = [
    { ...opened, data },
    { type: "GrantStarted", actor: CLOCK, data: { attempt: 1, deadline } },
    { type: "GrantSucceeded", actor: CLOCK, data: { attempt: 1, deadline, handle, credential: false } },
    { type: "ExpiryWarned", actor: CLOCK, data: { leftMs: 1 } },
  ];
  const at = Date.now();
  await ledger.record({ id, state: undefined, events, at });
  queues.wakeAt(id, deadline, at);
}
