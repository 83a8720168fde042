import { randomBytes } from "node:crypto";
import { createCheckOut } from "../../app/check-out.ts";
import { createGive } from "../../app/give.ts";
import { createHandle, type Handle } from "../../app/handle.ts";
import { MonthlyInsights } from "../../app/monthly-insights.ts";
import { Perform } from "../../app/perform.ts";
import { createRotate } from "../../app/rotate.ts";
import { TakeAway } from "../../app/take-away.ts";
import { Targets } from "../../app/targets.ts";
import { createThroughGateway } from "../../app/through-gateway.ts";
import { createTryDrill } from "../../app/try-drill.ts";
import { Turns } from "../../app/turns.ts";
import { NO_KEYS } from "../../domain/keys.ts";
import { Mirror, mirrorPath } from "../../ledger/mirror.ts";
import { Recovery } from "../../ledger/recovery.ts";
import type { Foundation } from "../../serve/foundation.ts";
import { Credentials } from "../../vault/credentials.ts";
import { GatewayCredentials } from "../../vault/gateway-credentials.ts";
import { pastKind, type PastTarget } from "./past-targets.ts";

/** The two doors, without chat, queues and timers: whoever has them says when it is. */
export interface PastDoors {
  readonly handle: Handle;
  readonly perform: Perform;
  readonly monthly: MonthlyInsights;
  close(): Promise<void>;
}

/** Opens them. */
export async function openPastDoors(base: Foundation, target: PastTarget): Promise<PastDoors> {
  const { config, ledger, policies, redis, vault, now, log } = base;
  const policy = () => policies.current;
  const directory = {
    standing: () => Promise.resolve({ kind: "member" as const }),
    groupMembers: () => Promise.resolve(undefined),
  };
  const mirror = await Mirror.open(mirrorPath(config.dataDir), ledger);
  const pause = () => Promise.resolve();
  const token = () => randomBytes(16).toString("hex");
  await new Recovery({ redis, ledger, mirror, now, log, token, pause }).makeWhole();
  const targets = new Targets(policy, () => pastKind(target));
  const credentials = new Credentials(redis, vault.keys, randomBytes);
  const turns = new Turns(1);
  const shared = { ledger, targets, credentials, turns, now, log };
  const address = () => undefined;
  const gateway = new GatewayCredentials(redis, vault.keys, randomBytes);
  const throughGateway = createThroughGateway({ policy, address, random: randomBytes, credentials: gateway });
  const checkOut = createCheckOut({ ledger, mirror, accounts: vault.accounts, policy, now });
  const announce = () => undefined;
  const perform = new Perform({
    ...{ ledger, policy, directory, now, log, announce },
    give: createGive({ ...shared, mirror, throughGateway, checkOut }),
    rotate: createRotate({ ...shared, mirror, throughGateway, checkOut }),
    takeAway: new TakeAway(shared),
    tryDrill: createTryDrill({ ...shared, policy, address }),
    withAccess: () => mirror.withAccess,
    mayGrant: () => true,
  });
  const handle = createHandle({
    ...{ ledger, policy, directory, now, pause, wake: announce },
    keys: () => Promise.resolve(NO_KEYS),
    credentialWaits: () => Promise.resolve(true),
    linkTo: () => Promise.reject(new Error("nobody has a key in this past")),
    random: () => 0,
  });
  const monthly = new MonthlyInsights({ ...base, policy, announce });
  return {
    ...{ handle, perform, monthly },
    close: async () => {
      await perform.idle();
      await mirror.catchUp();
      await mirror.close();
      await targets.close();
    },
  };
}
