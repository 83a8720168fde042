import { nextLook } from "../domain/agenda.ts";
import type { RequestState } from "../domain/request.ts";
import type { Foundation } from "./foundation.ts";

/** Puts "look at this request" on the queues. */
export type Wake = (state: RequestState) => void;

/** What is recorded is looked at soon, by whoever works the queues. */
export function wakeOf({ queues, now }: Foundation): Wake {
  const wake = (state: RequestState) => {
    const next = nextLook(state);
    if (next === undefined || next <= now()) {
      queues.wake(state.id);
    } else {
      queues.announce(state.id);
      queues.wakeAt(state.id, next, now());
    }
  };
  // The answer goes out first: it waits for the ledger, not for what follows from it.
  return (state) => {
    setImmediate(() => {
      wake(state);
    });
  };
}
