import { randomInt } from "node:crypto";
import { freePort } from "./free-port.ts";

/** Below them the system gives no port to whoever connects (Linux: ip_local_port_range). */
const RANGE = [10_000, 32_000] as const;

/**
 * A port that nobody listens on, and that nobody is given by chance before it is used: a server that takes seconds to start would
 * find its own taken.
 */
export async function quietPort(): Promise<number> {
  for (;;) {
    const wanted = randomInt(...RANGE);
    if ((await freePort(wanted)) === wanted) return wanted;
  }
}
