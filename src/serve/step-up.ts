import { randomBytes } from "node:crypto";
import type { Express } from "express";
import { Confirmations } from "../app/confirmations.ts";
import type { Handle } from "../app/handle.ts";
import { KeyDoor } from "../app/key-door.ts";
import { KeyRing } from "../app/key-ring.ts";
import { LinkMaker } from "../app/link-maker.ts";
import { Proving } from "../app/proving.ts";
import { Reveals } from "../app/reveals.ts";
import type { Policy } from "../domain/policy/schema.ts";
import { requestId } from "../domain/request-id.ts";
import type { RequestState } from "../domain/request.ts";
import { PEOPLES_KEYS } from "../ledger/keys.ts";
import { Links } from "../stepup/links.ts";
import { isInTheClear, relyingParty, unfitForKeys, type RelyingParty } from "../stepup/relying-party.ts";
import type { Credentials } from "../vault/credentials.ts";
import { pageRoutes, type StandIn } from "../web/page-routes.ts";
import type { Foundation } from "./foundation.ts";

/** What confirmations with a key stand on. */
export interface StepUp {
  readonly ring: KeyRing;
  readonly links: Links;
  readonly linkMaker: LinkMaker;
  readonly keyDoor: KeyDoor;
  readonly party: RelyingParty;
}

type Ground = Pick<Foundation, "config" | "ledger" | "redis" | "directory" | "queues" | "now" | "log"> & {
  readonly policy: () => Policy;
};

/** Lays it. An address at which no browser lets a key be used is told at once, and not at 3 a.m. */
export function layStepUp({ config, ledger, redis, policy, directory, queues, now, log }: Ground): StepUp {
  const party = relyingParty(config.publicUrl);
  const unfit = unfitForKeys(config.publicUrl);
  if (unfit !== undefined) log.warn(`no security key can be used at PUBLIC_URL ${config.publicUrl}: ${unfit}`);
  if (isInTheClear(config.publicUrl))
    log.warn(
      `credentials are shown at PUBLIC_URL ${config.publicUrl}, and cross the network in the clear: use https://`,
    );
  const ring = new KeyRing(ledger);
  const links = new Links(redis, randomBytes, now);
  const linkMaker = new LinkMaker(links, party);
  const keyDoor = new KeyDoor({
    ...{ ring, policy, directory, now, links: linkMaker },
    name: () => requestId(randomBytes(6)).replace("BG-", "KEY-"),
    announce: () => {
      queues.announce(PEOPLES_KEYS);
    },
  });
  return { ring, links, linkMaker, keyDoor, party };
}

/**
 * Opens the pages behind the links.
 *
 * @param door - `handle`: where what was confirmed goes; `credentials`: what is shown; `wake`: puts "look at this request" on the queues; `web`: where the pages
 *   go; `standIn`: the demo's stand-in for security keys
 */
export function openPages(
  { ledger, policies, names, now, log }: Foundation,
  { ring, links, party, keyDoor }: StepUp,
  door: {
    readonly handle: Handle;
    readonly credentials: Credentials;
    readonly wake: (state: RequestState) => void;
    readonly web: Express;
    readonly standIn: StandIn | undefined;
  },
): void {
  const { handle, credentials, wake, web, standIn } = door;
  const policy = () => policies.current;
  const proving = new Proving({ ledger, ring, party, now, wake, log });
  const confirmations = new Confirmations({ ledger, ring, links, proving, party, handle, keyDoor, policy, now });
  const reveals = new Reveals({ ledger, ring, links, proving, credentials, handle, now });
  // People are called the same in every platform.
  pageRoutes(web, { confirmations, reveals, party, nameOf: names("slack").name, standIn, log });
}
