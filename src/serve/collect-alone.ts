import { setFlagsFromString } from "node:v8";

/**
 * Has V8 collect young garbage in the thread that made it. It would share that work with helpers, which have to be woken and waited for:
 * where there are few processors, with Redis beside, a pause of one millisecond becomes one of four, and somebody waits for an answer.
 *
 * V8 looks at this flag at each collection, so that it may be set while the program runs (https://nodejs.org/api/v8.html#v8setflagsfromstringflags
 * warns of flags in general). A Node that doesn't know it says so, and goes on without.
 */
export function collectAlone(): void {
  setFlagsFromString("--no-parallel-scavenge");
}
