import type { Trace } from "../trace.ts";
import type { Handle } from "./handle.ts";
import { firstPlace } from "./opening.ts";

/** The door for people, with a span for each command. The one that opens a request begins its trace. */
export function tracedHandle(handle: Handle, trace: Trace): Handle {
  return async (caller, order, proof) => {
    const opens = "delivery" in order;
    const request = opens ? firstPlace(order.delivery) : order.id;
    return await trace.span(
      `command ${order.type}`,
      { request, attributes: { via: caller.via }, level: opens ? "root" : "step" },
      async () => await handle(caller, order, proof),
    );
  };
}
