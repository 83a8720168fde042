import type { Socket } from "node:net";
import { TLSSocket, type SecureContext } from "node:tls";
import { BodyReader } from "./body-reader.ts";
import { Handshake } from "./handshake.ts";
import { Gone, Refused, violation } from "./refused.ts";
import { CANCEL_REQUEST, cstring, GSS_REQUEST, int32, MAJOR_3, message, PROTOCOL_3_0, SSL_REQUEST } from "./wire.ts";

/** What a server takes at most (MAX_STARTUP_PACKET_LENGTH). */
const PACKET_MAX = 10_000;
/** With it a client begins that speaks TLS at once (`sslnegotiation=direct`): the type of a TLS handshake's record. */
const TLS_HANDSHAKE = 0x16;
const ALPN = "postgresql";
const TLS_NEEDED = new Refused(
  "28000",
  "The session gateway takes only encrypted connections.",
  "Connect with sslmode=require.",
);

/** A client that wants a session. */
export interface Caller {
  readonly kind: "session";
  readonly socket: Socket;
  readonly handshake: Handshake;
  /** What its first packet says: `user`, `database`, settings. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** One that wants a statement of another session to be cancelled. */
export interface Cancel {
  readonly kind: "cancel";
  readonly process: number;
  readonly secret: Buffer;
}

/**
 * Receives a client up to its first packet, over TLS where there is a certificate.
 *
 * @param tls - undefined: sessions are in the clear
 * @param onSocket - told of the socket that speaks from then on
 * @throws Refused, Gone
 */
export async function receive(
  raw: Socket,
  tls: SecureContext | undefined,
  onSocket: (socket: Socket) => void,
): Promise<Caller | Cancel> {
  let socket = raw;
  let handshake = new Handshake(socket);
  const encryptNow = async (context: SecureContext) => {
    handshake.release();
    socket = await encrypt(socket, context, onSocket);
    handshake = new Handshake(socket);
  };
  for (let asked = 0; asked < 4; asked += 1) {
    const start = await handshake.bytes(1);
    if (start[0] === TLS_HANDSHAKE && tls !== undefined && asked === 0) {
      socket.unshift(start);
      await encryptNow(tls);
      if ((socket as TLSSocket).alpnProtocol !== ALPN) throw violation("TLS without the name of its protocol");
      continue;
    }
    socket.unshift(start);
    const body = await handshake.packet(PACKET_MAX);
    const code = body.readInt32BE();
    if (code === GSS_REQUEST || (code === SSL_REQUEST && tls === undefined)) {
      socket.write("N");
      continue;
    }
    if (code === SSL_REQUEST && tls !== undefined) {
      // What came before the encryption would count as if it had come by it (CVE-2021-23214).
      if (socket instanceof TLSSocket || socket.readableLength > 0) throw violation("something before its encryption");
      socket.write("S");
      await encryptNow(tls);
      continue;
    }
    if (code === CANCEL_REQUEST) return cancel(body);
    if (code >>> 16 !== MAJOR_3) throw violation("another version of the protocol");
    if (tls !== undefined && !(socket instanceof TLSSocket)) throw TLS_NEEDED;
    const parameters = readParameters(body);
    const negotiated = negotiate(code, parameters);
    if (negotiated !== undefined) socket.write(negotiated);
    return { kind: "session", socket, handshake, parameters };
  }
  throw violation("too many requests before a session");
}

async function encrypt(
  socket: Socket,
  secureContext: SecureContext,
  onSocket: (socket: Socket) => void,
): Promise<Socket> {
  const encrypted = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: [ALPN] });
  onSocket(encrypted);
  await new Promise<void>((resolve, reject) => {
    const gone = () => {
      reject(new Gone());
    };
    encrypted.once("secure", resolve).once("error", gone).once("close", gone);
  });
  return encrypted;
}

function cancel(body: Buffer): Cancel {
  if (body.length !== 12) throw violation("a request to cancel");
  return { kind: "cancel", process: body.readInt32BE(4), secret: Buffer.from(body.subarray(8)) };
}

function readParameters(body: Buffer): Map<string, string> {
  const parameters = new Map<string, string>();
  const reader = new BodyReader(body.subarray(4));
  for (let name = reader.text(); name.length > 0; name = reader.text())
    parameters.set(name.toString("utf8"), reader.text().toString("utf8"));
  reader.end();
  return parameters;
}

/** Whoever asks for a later minor version, or an option of it, is told that 3.0 is what there is (NegotiateProtocolVersion). */
function negotiate(code: number, parameters: Map<string, string>): Buffer | undefined {
  const options = [...parameters.keys()].filter((name) => name.startsWith("_pq_."));
  for (const option of options) parameters.delete(option);
  if (code === PROTOCOL_3_0 && options.length === 0) return undefined;
  return message("v", int32(0), int32(options.length), ...options.map(cstring));
}
