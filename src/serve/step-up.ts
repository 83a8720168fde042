import { randomBytes } from "node:crypto";
import { KeyDoor } from "../app/key-door.ts";
import { KeyRing } from "../app/key-ring.ts";
import { LinkMaker } from "../app/link-maker.ts";
import { requestId } from "../domain/request-id.ts";
import { PEOPLES_KEYS } from "../ledger/keys.ts";
import { Links } from "../stepup/links.ts";
import { relyingParty, unfitForKeys, type RelyingParty } from "../stepup/relying-party.ts";
import type { Foundation } from "./foundation.ts";

/** What confirmations with a key stand on. */
export interface StepUp {
  readonly ring: KeyRing;
  readonly links: Links;
  readonly linkMaker: LinkMaker;
  readonly keyDoor: KeyDoor;
  readonly party: RelyingParty;
}

type Ground = Pick<Foundation, "config" | "ledger" | "redis" | "policies" | "directory" | "queues" | "now" | "log">;

/** Lays it. An address at which no browser lets a key be used is told at once, and not at 3 a.m. */
export function layStepUp({ config, ledger, redis, policies, directory, queues, now, log }: Ground): StepUp {
  const party = relyingParty(config.publicUrl);
  const unfit = unfitForKeys(config.publicUrl);
  if (unfit !== undefined) log.warn(`no security key can be used at PUBLIC_URL ${config.publicUrl}: ${unfit}`);
  const ring = new KeyRing(ledger);
  const links = new Links(redis, randomBytes, now);
  const linkMaker = new LinkMaker(links, party);
  const keyDoor = new KeyDoor({
    ...{ ring, directory, now, links: linkMaker },
    policy: () => policies.current,
    name: () => requestId(randomBytes(6)).replace("BG-", "KEY-"),
    announce: () => {
      queues.announce(PEOPLES_KEYS);
    },
  });
  return { ring, links, linkMaker, keyDoor, party };
}
