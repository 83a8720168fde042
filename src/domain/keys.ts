import { ERASED, type DomainEvent } from "./events.ts";
import type { Actor } from "./people.ts";

/** A key that somebody enrolled: its public half, and what is known of it. */
export interface EnrolledKey {
  /** Its credential id, base64url. */
  readonly credential: string;
  readonly person: string;
  /** As its owner calls it. */
  readonly name: string;
  /** COSE, base64url. */
  readonly publicKey: string;
  /** The furthest it was seen to have counted. */
  readonly counter: number;
  readonly transports: readonly string[];
  readonly model: string;
  readonly synced: boolean;
  readonly rpId: string;
  readonly origin: string;
  readonly enrolledAt: number;
}

/** A change of somebody's keys: asked for by one, confirmed by another. */
export interface KeyChange {
  readonly id: string;
  readonly kind: "add" | "remove";
  readonly person: string;
  /** The key to be removed, by its credential id, and as it was called then. */
  readonly credential?: string | undefined;
  readonly keyName?: string | undefined;
  readonly askedBy: Actor;
  readonly askedAt: number;
  /** `invited`: the person may enrol a key now. */
  readonly phase: "asked" | "invited" | "refused" | "done";
  readonly decidedBy?: Actor | undefined;
  readonly decidedAt?: number | undefined;
  readonly alone?: boolean | undefined;
}

/** Everything that is known of keys, folded from their events. */
export interface Keys {
  /** How many events were folded. */
  readonly version: number;
  readonly byCredential: ReadonlyMap<string, EnrolledKey>;
  readonly changes: ReadonlyMap<string, KeyChange>;
}

export const NO_KEYS: Keys = { version: 0, byCredential: new Map(), changes: new Map() };

/** Whether anybody has a key: from then on, nobody goes ahead alone or changes keys without one. */
export function isAnybodyEnrolled({ byCredential }: Keys): boolean {
  return byCredential.size > 0;
}

/** Somebody's keys, the oldest first. */
export function keysOf(keys: Keys, person: string): EnrolledKey[] {
  return [...keys.byCredential.values()].filter((key) => key.person === person);
}

/** Folds the next events into what is known of keys. */
export function foldKeys(keys: Keys, events: readonly DomainEvent[]): Keys {
  const byCredential = new Map(keys.byCredential);
  const changes = new Map(keys.changes);
  for (const event of events) fold(byCredential, changes, event);
  return { version: keys.version + events.length, byCredential, changes };
}

function fold(byCredential: Map<string, EnrolledKey>, changes: Map<string, KeyChange>, event: DomainEvent): void {
  const { actor: decidedBy, at: decidedAt } = event;
  const decide = (id: string, decided: Pick<KeyChange, "phase" | "alone">): void => {
    const change = changes.get(id);
    if (change !== undefined) changes.set(id, { ...change, ...decided, decidedBy, decidedAt });
  };
  switch (event.type) {
    case "KeyChangeAsked": {
      const { change: id, kind, person, credential } = event.data;
      const keyName = credential === undefined ? undefined : byCredential.get(credential)?.name;
      const asked = { askedBy: event.actor, askedAt: event.at, phase: "asked" } as const;
      changes.set(id, { id, kind, person, credential, keyName, ...asked });
      return;
    }
    case "KeyChangeRefused":
      decide(event.data.change, { phase: "refused" });
      return;
    case "KeyInvited":
      decide(event.data.change, { phase: "invited", alone: event.data.alone });
      return;
    case "KeyEnrolled": {
      const { change, attestation: _, ...known } = event.data;
      const done = changes.get(change);
      byCredential.set(known.credential, { ...known, name: nameIn(event), enrolledAt: event.at });
      if (done !== undefined)
        changes.set(change, { ...done, phase: "done", credential: known.credential, keyName: nameIn(event) });
      return;
    }
    case "KeyRenamed": {
      const key = byCredential.get(event.data.credential);
      if (key !== undefined) byCredential.set(key.credential, { ...key, name: nameIn(event) });
      return;
    }
    case "KeyRemoved":
      byCredential.delete(event.data.credential);
      decide(event.data.change, { phase: "done", alone: event.data.alone });
      return;
    case "KeyUsed": {
      const { credential, counter } = event.data;
      const key = byCredential.get(credential);
      if (key !== undefined) byCredential.set(credential, { ...key, counter });
      return;
    }
    default:
      return;
  }
}

function nameIn({ notes }: DomainEvent): string {
  return notes?.["name"] ?? ERASED;
}
