import { createHash } from "node:crypto";
import type { PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/server";
import { z } from "zod";
import type { EnrolledKey } from "../domain/keys.ts";
import type { Evidence } from "../domain/proof.ts";
import { CodedError } from "../errors.ts";
import type { RelyingParty } from "./relying-party.ts";

const base64url = z.base64url().max(4_000);

/** What `navigator.credentials.get` gave, as the page sends it. */
export const assertionSchema = z.object({
  id: base64url,
  rawId: base64url,
  type: z.literal("public-key"),
  response: z.object({ clientDataJSON: base64url, authenticatorData: base64url, signature: base64url }),
});
export type Assertion = z.output<typeof assertionSchema>;

/** How long the browser lets somebody look for their key, milliseconds. */
export const TOUCH_MS = 120_000;
/** Length of an authenticator's data before any extension (https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data). */
const FLAGS_AT = 32;
const COUNTER_AT = 33;

const clientDataSchema = z.object({ challenge: z.string(), origin: z.string(), crossOrigin: z.boolean().optional() });

/** Loaded with the first key: it takes half a second, and whoever asks no key for anything never needs it. */
export async function webauthn() {
  return await import("@simplewebauthn/server");
}

/** What the browser is asked for: one of these keys, by somebody it recognises. */
export async function askForAssertion(
  party: RelyingParty,
  keys: readonly EnrolledKey[],
  challenge: Buffer,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { generateAuthenticationOptions } = await webauthn();
  return await generateAuthenticationOptions({
    rpID: party.id,
    // Bytes: a string would be encoded once more, and the key would sign something else.
    challenge: new Uint8Array(challenge),
    allowCredentials: keys.map(({ credential, transports }) => ({ id: credential, transports: [...transports] })),
    timeout: TOUCH_MS,
    userVerification: "required",
  });
}

/**
 * Holds what a browser sent against the key it names: signature, challenge, origin, site, that somebody was recognised by PIN or
 * finger, and that the key counted on.
 *
 * @param expected - `origin` and `id` of the site, the challenge as bytes
 * @returns what anybody can check again
 * @throws `STEP_UP_FAILED`, whose message says in words which of them does not hold, and nothing of what was sent
 */
export async function verifyAssertion(
  assertion: Assertion,
  key: EnrolledKey,
  expected: { readonly challenge: Buffer; readonly origin: string; readonly rpId: string },
): Promise<Evidence> {
  const { clientDataJSON: clientData, authenticatorData, signature } = assertion.response;
  const said = clientDataOf(clientData);
  if (assertion.id !== key.credential) throw failed("It was another key than the one that was asked for.");
  if (said.challenge !== expected.challenge.toString("base64url"))
    throw failed("What was signed is not what was asked.");
  if (said.origin !== expected.origin) throw failed("It was made at another web address.");
  if (said.crossOrigin === true) throw failed("It was made inside somebody else's page.");
  const bytes = Buffer.from(authenticatorData, "base64url");
  if (bytes.length <= COUNTER_AT + 3) throw failed("It is cut off.");
  const flags = bytes.readUInt8(FLAGS_AT);
  const counter = bytes.readUInt32BE(COUNTER_AT);
  if ((flags & 4) === 0) throw failed("The key did not check who holds it (no PIN, no finger).");
  if ((counter > 0 || key.counter > 0) && counter <= key.counter)
    throw failed("The key's counter went back: it may have been cloned.");
  const { verifyAuthenticationResponse } = await webauthn();
  const verified = await verifyAuthenticationResponse({
    response: { ...assertion, clientExtensionResults: {} },
    expectedChallenge: expected.challenge.toString("base64url"),
    expectedOrigin: expected.origin,
    expectedRPID: expected.rpId,
    credential: {
      id: key.credential,
      publicKey: new Uint8Array(Buffer.from(key.publicKey, "base64url")),
      counter: key.counter,
    },
    requireUserVerification: true,
  }).catch((cause: unknown) => {
    throw failed("It does not hold for this site.", cause);
  });
  if (!verified.verified) throw failed("The signature is not this key's.");
  const clientDataHash = createHash("sha256").update(Buffer.from(clientData, "base64url")).digest("base64url");
  return { credential: key.credential, clientData, clientDataHash, authenticatorData, signature, flags, counter };
}

/** What the browser says it asked the key for. @throws `STEP_UP_FAILED` */
export function clientDataOf(clientData: string): z.output<typeof clientDataSchema> {
  try {
    return clientDataSchema.parse(JSON.parse(Buffer.from(clientData, "base64url").toString("utf8")));
  } catch (cause) {
    throw failed("It can't be read.", cause);
  }
}

export function failed(message: string, cause?: unknown): CodedError {
  return new CodedError("STEP_UP_FAILED", message, { next: "Begin again where you clicked.", cause });
}
