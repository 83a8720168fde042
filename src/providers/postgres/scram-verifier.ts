import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** Postgres's own default, and RFC 7677's minimum. The password is 192 random bits, so more rounds would add nothing. */
const ITERATIONS = 4096;

/**
 * What the server keeps instead of a password (RFC 5802 section 3, in the form of pg_authid.rolpassword). Sent in place
 * of the password, it lets a statement log hold nothing that logs in.
 *
 * @param password - ASCII only, so that SASLprep (RFC 4013) would leave it as it is
 * @param salt - at least 16 random bytes
 */
export function scramVerifier(password: string, salt: Uint8Array): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${Buffer.from(salt).toString("base64")}$${storedKey}:${serverKey}`;
}
