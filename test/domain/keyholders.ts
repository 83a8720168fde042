import type { DomainEvent, NewEvent } from "../../src/domain/events.ts";
import { foldKeys, NO_KEYS, type Keys } from "../../src/domain/keys.ts";
import { challengeOf, type Evidence, type Proof, type ProofSubject } from "../../src/domain/proof.ts";
import { aboutRequest } from "../../src/domain/prove.ts";
import type { RequestState } from "../../src/domain/request.ts";
import type { ProvenAction } from "../../src/errors.ts";
import { ACME_POLICY, policyOf } from "./acme-policy.ts";
import { by, T0 } from "./given.ts";

/** The policy whose role `owner` asks everybody for a key. */
export const guarded = policyOf(
  ACME_POLICY.replace("duration: { default: 10m, max: 10m }", "stepUp: [requester, approver]\n        $&").replace(
    "targets:",
    "admins: [leads, chiefs]\ntargets:",
  ),
);

/** The credential id of somebody's key here. */
export const keyOf = (person: string) => `key-of-${person}`;

export function enrolment(person: string, change = `KEY-${person.toUpperCase()}`): NewEvent[] {
  const actor = by(person);
  const key = { credential: keyOf(person), publicKey: "pQ", counter: 0, model: "0", synced: false, transports: [] };
  return [
    { type: "KeyChangeAsked", actor: { via: "cli" }, data: { change, kind: "add", person } },
    { type: "KeyInvited", actor: { via: "cli" }, data: { change, person } },
    {
      type: "KeyEnrolled",
      actor,
      data: { change, person, ...key, attestation: "none", rpId: "localhost", origin: "http://localhost:3000" },
      notes: { name: "Blue" },
    },
  ];
}

/** Keys folded from what happened. */
export function keysAfter(...events: readonly NewEvent[]): Keys {
  const recorded = events.map((event, index): DomainEvent => ({ ...event, seq: index + 1, at: T0, hash: "0" }));
  return foldKeys(NO_KEYS, recorded);
}

/** Alice, Bob and Carol have a key each. */
export const KEYS = keysAfter(...["alice", "bob", "carol"].flatMap((person) => enrolment(person)));

export function evidenceOf(credential: string): Evidence {
  const bytes = { clientData: "e30", clientDataHash: "e30", authenticatorData: "e30", signature: "e30" };
  return { credential, ...bytes, flags: 5, counter: 0 };
}

/** The proof of somebody's key, whose signature was found right; for something else where told so. */
export function proofOf(
  state: RequestState,
  person: string,
  action: ProvenAction,
  changed: Partial<ProofSubject> & { credential?: string } = {},
): Proof {
  const { credential = keyOf(person), ...other } = changed;
  const subject = { ...aboutRequest(state, by(person), action), nonce: "nonce", ...other };
  const { nonce, version } = subject;
  return { nonce, version, challenge: challengeOf(subject).toString("hex"), evidence: evidenceOf(credential) };
}
