import type { Command } from "../domain/commands.ts";
import type { DomainEvent } from "../domain/events.ts";
import type { Actor } from "../domain/people.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { Proof } from "../domain/proof.ts";
import type { RequestState } from "../domain/request.ts";
import type { ProvenAction } from "../errors.ts";
import type { ByClock, Caller } from "./whois.ts";

/** A command whose person is not known yet. */
type WithoutBy<T> = T extends unknown ? Omit<T, "by" | "proof"> : never;

/** What opens a request. `delivery` is the chat platform's own id of the call. */
export type Opening = Extract<WithoutBy<Command>, { type: "OpenRequest" | "OpenDrill" }> & {
  readonly delivery: string;
};

/** What is ordered about a request that is there. */
export type Later = Exclude<WithoutBy<Command>, { type: Opening["type"] }> & { readonly id: string };

/** What somebody asks for. */
export type Order = Opening | Later;

export function isOpening(order: Order): order is Opening {
  return order.type === "OpenRequest" || order.type === "OpenDrill";
}

/** Who calls, and what is being found out about them. */
export interface Asked {
  readonly policy: Policy;
  readonly caller: Caller | ByClock;
  readonly actor: Promise<Actor>;
  readonly proof: Proof | undefined;
}

/** What was recorded. */
export interface Outcome {
  readonly actor: Actor;
  readonly state: RequestState;
  /** The new events; none when the same call had been recorded before. */
  readonly events: readonly DomainEvent[];
  /** A one-time link, for this person only: the request counts once it is confirmed there with a key. */
  readonly confirm?: string;
}

/** Something that has to be confirmed with a key: what, of which request, by whom. */
export interface AskedProof {
  readonly caller: Caller;
  readonly person: string;
  readonly action: ProvenAction;
  readonly about: string;
}
