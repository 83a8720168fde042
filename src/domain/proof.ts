import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { z } from "zod";
import type { ProvenAction } from "../errors.ts";

/** What one proof is for, and for nothing else. */
export interface ProofSubject {
  /** A request's id, or that of a change of keys. */
  readonly request: string;
  /** How many entries it had: what moved on meanwhile has to be looked at again. */
  readonly version: number;
  readonly person: string;
  readonly action: ProvenAction;
  /** What is confirmed: the frozen verdict, or the change of keys. JSON. */
  readonly verdict: unknown;
  /** Fresh random text of one link. */
  readonly nonce: string;
}

/** What a key signed, with everything it takes to check it again: base64url where it is bytes. */
export const evidenceSchema = z.object({
  /** The key, by its credential id. */
  credential: z.string(),
  /** As the browser made it: it names the challenge, the origin, and what was asked. */
  clientData: z.string(),
  clientDataHash: z.string(),
  authenticatorData: z.string(),
  signature: z.string(),
  /** The authenticator's flags: 1 somebody was there, 4 they were recognised by PIN or finger. */
  flags: z.int(),
  /** The key's own count of its signatures; 0 for keys that don't count. */
  counter: z.int(),
});
export type Evidence = z.output<typeof evidenceSchema>;

/** Evidence whose signature was found right, for one challenge. Only `stepup/` makes one. */
export interface Proof {
  readonly nonce: string;
  /** The version that was shown to the person. */
  readonly version: number;
  /** What was signed, hex. */
  readonly challenge: string;
  readonly evidence: Evidence;
}

/** What a new key has to sign, so that it is made for this invitation. 32 bytes. */
export function enrolmentChallenge(change: string, person: string, nonce: string): Buffer {
  return createHash("sha256")
    .update(JSON.stringify(["breakglass enrolment 1", change, person, nonce]), "utf8")
    .digest();
}

/** Keeps these bytes from meaning anything elsewhere. */
const PURPOSE = "breakglass step-up 1";

/**
 * What a key has to sign: the SHA-256 of the canonical (RFC 8785) subject. 32 bytes.
 *
 * @param subject - everything the proof is bound to
 */
export function challengeOf(subject: ProofSubject): Buffer {
  const { request, version, person, action, verdict, nonce } = subject;
  const text = canonicalize({ purpose: PURPOSE, request, version, person, action, verdict, nonce });
  if (text === undefined) throw new Error("a proof's subject is not JSON");
  return createHash("sha256").update(text, "utf8").digest();
}
