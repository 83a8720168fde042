import { randomBytes } from "node:crypto";
import { AskActivity, type AskActivityOptions } from "../app/ask-activity.ts";
import { watchedKey } from "../ledger/keys.ts";
import type { Foundation } from "./foundation.ts";

/** What asks targets without a gateway what is run, so that of several workers one asks for each request. */
export function askingActivity(
  { redis, policies, now, log }: Foundation,
  options: Pick<AskActivityOptions, "targets" | "turns" | "recordings" | "withAccess">,
): AskActivity {
  const own = randomBytes(8).toString("hex");
  return new AskActivity({
    ...options,
    policy: () => policies.current,
    claim: async (id, forMs) => {
      const key = watchedKey(id);
      if ((await redis.set(key, own, "PX", forMs, "NX")) === "OK") return true;
      return (await redis.get(key)) === own && (await redis.pexpire(key, forMs)) === 1;
    },
    release: async (id) => {
      if ((await redis.get(watchedKey(id))) === own) await redis.del(watchedKey(id));
    },
    now,
    log,
  });
}
