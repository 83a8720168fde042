import { randomBytes } from "node:crypto";
import { TLSSocket } from "node:tls";
import { BodyReader } from "./body-reader.ts";
import { violation } from "./refused.ts";
import type { Caller } from "./receive.ts";
import { ScramServer, type Verifier } from "./scram.ts";
import { cstring, int32, message } from "./wire.ts";

const SASL = 10;
const SASL_CONTINUE = 11;
const SASL_FINAL = 12;
const MESSAGE_MAX = 2_000;

/**
 * Has a caller prove that it knows the password; the password itself never comes here.
 *
 * @param binding - our certificate's hash, which a login over TLS may be bound to
 * @returns the message that proves to it that we know it too, sent together with what comes of it; undefined when it was another
 *   password
 * @throws Refused, Error
 */
export async function login(
  { socket, handshake }: Caller,
  verifier: Verifier,
  binding: Buffer | undefined,
): Promise<Buffer | undefined> {
  const bindable = socket instanceof TLSSocket ? binding : undefined;
  const scram = new ScramServer(verifier, randomBytes(18).toString("base64"), bindable);
  socket.write(message("R", int32(SASL), ...scram.mechanisms.map(cstring), Buffer.of(0)));
  const first = await handshake.message(MESSAGE_MAX);
  if (first.type !== "p") throw violation("a password was to come");
  const reader = new BodyReader(first.body);
  const mechanism = reader.text().toString();
  const challenge = scram.challenge(mechanism, reader.bytes(reader.int32()).toString("utf8"));
  reader.end();
  socket.write(message("R", int32(SASL_CONTINUE), Buffer.from(challenge)));
  const final = await handshake.message(MESSAGE_MAX);
  if (final.type !== "p") throw violation("a password was to come");
  const proof = scram.judge(final.body.toString("utf8"));
  return proof === undefined ? undefined : message("R", int32(SASL_FINAL), Buffer.from(proof));
}
