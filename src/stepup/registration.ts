import type { PublicKeyCredentialCreationOptionsJSON } from "@simplewebauthn/server";
import { z } from "zod";
import { SELF_ATTESTED, type NewKey } from "../domain/decide-keys.ts";
import type { EnrolledKey } from "../domain/keys.ts";
import { CodedError } from "../errors.ts";
import { TOUCH_MS, webauthn } from "./assertion.ts";
import type { RelyingParty } from "./relying-party.ts";

const base64url = z.base64url().max(20_000);

/** What `navigator.credentials.create` gave, as the page sends it. */
export const registrationSchema = z.object({
  id: base64url,
  rawId: base64url,
  type: z.literal("public-key"),
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z.array(z.string().max(20)).max(8).default([]),
  }),
});
export type Registration = z.output<typeof registrationSchema>;

/** What the browser is asked to make: a key that recognises its holder, and none of those there are. */
export async function askForRegistration(options: {
  readonly party: RelyingParty;
  readonly person: string;
  readonly name: string;
  readonly keys: readonly EnrolledKey[];
  readonly challenge: Buffer;
  /** Whether the key has to tell who made it. */
  readonly attested: boolean;
}): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { party, person, name, keys, challenge, attested } = options;
  const { generateRegistrationOptions } = await webauthn();
  return await generateRegistrationOptions({
    rpName: party.name,
    rpID: party.id,
    userName: person,
    userDisplayName: name,
    challenge: new Uint8Array(challenge),
    timeout: TOUCH_MS,
    attestationType: attested ? "direct" : "none",
    excludeCredentials: keys.map(({ credential, transports }) => ({ id: credential, transports: [...transports] })),
    authenticatorSelection: { residentKey: "discouraged", userVerification: "required" },
  });
}

/**
 * Holds a new key against what was asked.
 *
 * @throws `KEY_REFUSED`
 */
export async function verifyRegistration(
  registration: Registration,
  expected: { readonly challenge: Buffer; readonly party: RelyingParty },
): Promise<NewKey> {
  const { challenge, party } = expected;
  const { verifyRegistrationResponse } = await webauthn();
  const { verified, registrationInfo: made } = await verifyRegistrationResponse({
    response: { ...registration, clientExtensionResults: {} },
    expectedChallenge: challenge.toString("base64url"),
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
  }).catch((cause: unknown) => {
    throw refused(cause);
  });
  if (!verified) throw refused();
  const { credential, aaguid, fmt, credentialBackedUp, attestationObject } = made;
  const { decodeAttestationObject } = await import("@simplewebauthn/server/helpers");
  const isCertified = decodeAttestationObject(attestationObject).get("attStmt").get("x5c") !== undefined;
  return {
    credential: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString("base64url"),
    counter: credential.counter,
    transports: registration.response.transports,
    model: aaguid,
    synced: credentialBackedUp,
    attestation: fmt === "none" || isCertified ? fmt : SELF_ATTESTED,
    rpId: party.id,
    origin: party.origin,
  };
}

function refused(cause?: unknown): CodedError {
  return new CodedError("KEY_REFUSED", "What the browser made is no key for this site.", {
    next: "Try again, with a PIN or a finger on the key; or take another one.",
    cause,
  });
}
