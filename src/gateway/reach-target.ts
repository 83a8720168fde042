import { randomBytes } from "node:crypto";
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { tlsOf } from "../providers/postgres/server-address.ts";
import type { GatewayCredential } from "../vault/gateway-credentials.ts";
import { BodyReader } from "./body-reader.ts";
import { Handshake } from "./handshake.ts";
import { Refused } from "./refused.ts";
import { MECHANISM, ScramClient } from "./scram.ts";
import { CANCEL_REQUEST, cstring, int32, message, packet, PROTOCOL_3_0, SSL_REQUEST } from "./wire.ts";

/** How long a target may take until it is ready for statements. */
const CONNECT_MS = 10_000;
const MESSAGE_MAX = 100_000;
/** Settings and notices before a session: a server sends about twenty. */
const MESSAGES_MAX = 1_000;

const AUTHENTICATED = 0;
const CLEAR_PASSWORD = 3;
const SASL = 10;
const SASL_CONTINUE = 11;
const SASL_FINAL = 12;

/** A session at a target, ready for statements. */
export interface TargetSession {
  readonly socket: Socket;
  /** What it said of itself: settings, notices. */
  readonly greetings: readonly { readonly type: string; readonly body: Buffer }[];
  /** What cancels a statement of it. */
  readonly key: Buffer;
  /** Its last word before it is ready: the state of its transaction. */
  readonly ready: Buffer;
}

/** A target that said no, with its own words: those are passed on. */
export class TargetRefused extends Error {
  readonly response: Buffer;

  constructor(response: Buffer) {
    super("the target refused the session");
    this.name = "TargetRefused";
    this.response = response;
  }
}

/**
 * Opens a session at a target, as the principal that was made there for a request.
 *
 * @param parameters - what the client wants of its session
 * @param signal - gives it up
 * @throws Refused, TargetRefused
 */
export async function reachTarget(
  credential: GatewayCredential,
  parameters: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<TargetSession> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
  let socket: Socket | undefined;
  const cut = () => socket?.destroy();
  limit.addEventListener("abort", cut);
  try {
    socket = await open(credential, limit, (each) => (socket = each));
    return await begin(socket, credential, parameters);
  } catch (thrown) {
    socket?.destroy();
    if (thrown instanceof TargetRefused || thrown instanceof Refused) throw thrown;
    const why = thrown instanceof Error && !limit.aborted ? thrown.message : "it did not answer in time";
    throw new Refused(
      "08001",
      `The target can't be reached: ${why}.`,
      "Try again; the request's thread says whether its access is on.",
    );
  } finally {
    limit.removeEventListener("abort", cut);
  }
}

/** Has a target cancel what a session of it does now. Whether it did, it doesn't say. */
export async function cancelAt(credential: GatewayCredential, key: Buffer): Promise<void> {
  const limit = AbortSignal.timeout(CONNECT_MS);
  let socket: Socket | undefined;
  try {
    socket = await open(credential, limit, (each) => (socket = each));
    socket.end(packet(int32(CANCEL_REQUEST), key));
    await new Promise((resolve) => socket?.once("close", resolve).resume());
  } finally {
    socket?.destroy();
  }
}

async function open(
  { server }: GatewayCredential,
  signal: AbortSignal,
  onSocket: (socket: Socket) => void,
): Promise<Socket> {
  signal.throwIfAborted();
  const { host, port } = server;
  const raw = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  onSocket(raw);
  raw
    .on("error", () => undefined)
    .setNoDelay(true)
    .setKeepAlive(true, 30_000);
  await happens(raw, "connect");
  const tls = tlsOf(server);
  if (tls === false) return raw;
  raw.write(packet(int32(SSL_REQUEST)));
  const handshake = new Handshake(raw);
  const answer = (await handshake.bytes(1)).toString("latin1");
  handshake.release();
  if (answer !== "S" || raw.readableLength > 0) throw new Error("it does not speak TLS");
  const options = { ...tls, socket: raw, host, ...(isIP(host) === 0 && { servername: host }) };
  const encrypted = connectTls(options);
  onSocket(encrypted);
  encrypted.on("error", () => undefined);
  await happens(encrypted, "secureConnect");
  return encrypted;
}

async function happens(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once(event, resolve);
    socket.once("error", reject);
    socket.once("close", () => {
      reject(new Error("it closed the connection"));
    });
  });
}

async function begin(
  socket: Socket,
  credential: GatewayCredential,
  parameters: ReadonlyMap<string, string>,
): Promise<TargetSession> {
  const { user, server } = credential;
  const wanted = new Map([["database", server.database], ...parameters, ["user", user]]);
  const pairs = [...wanted].flatMap(([name, value]) => [cstring(name), cstring(value)]);
  socket.write(packet(int32(PROTOCOL_3_0), ...pairs, Buffer.of(0)));
  const handshake = new Handshake(socket);
  const greetings: { type: string; body: Buffer }[] = [];
  const auth = new Authentication(socket, credential);
  let key: Buffer = Buffer.alloc(0);
  for (let nth = 0; nth < MESSAGES_MAX; nth += 1) {
    const { type, body } = await handshake.message(MESSAGE_MAX);
    if (type === "E") throw new TargetRefused(message("E", body));
    if (type === "R") auth.answer(body);
    else if (type === "K") key = body;
    else if (type === "Z" && auth.isDone) {
      handshake.release();
      return { socket, greetings, key, ready: message("Z", body) };
    } else if (type === "S" || type === "N") greetings.push({ type, body });
    else throw new Error("it does not speak as Postgres does");
  }
  throw new Error("it does not come to an end of its settings");
}

/** How the gateway proves to a target who it is. It never answers with less than what the target's role was made with. */
class Authentication {
  isDone = false;
  readonly #socket: Socket;
  readonly #credential: GatewayCredential;
  readonly #scram: ScramClient;
  /** Whether the server has proven that it knows the password, where it asked us to. */
  #isProven = true;
  readonly #isPrivate: boolean;

  constructor(socket: Socket, credential: GatewayCredential) {
    this.#socket = socket;
    this.#credential = credential;
    this.#isPrivate = socket instanceof TLSSocket || credential.server.host.startsWith("/");
    this.#scram = new ScramClient(credential.password.reveal(), randomBytes(18).toString("base64"));
  }

  answer(body: Buffer): void {
    const reader = new BodyReader(body);
    const kind = reader.int32();
    const rest = reader.bytes(reader.left);
    if (kind === AUTHENTICATED && this.#isProven) this.isDone = true;
    else if (kind === SASL && rest.toString("latin1").split("\0").includes(MECHANISM)) {
      this.#isProven = false;
      const first = Buffer.from(this.#scram.first);
      this.#socket.write(message("p", cstring(MECHANISM), int32(first.length), first));
    } else if (kind === SASL_CONTINUE)
      this.#socket.write(message("p", Buffer.from(this.#scram.answer(rest.toString("utf8")))));
    else if (kind === SASL_FINAL) this.#isProven = this.#scram.accepts(rest.toString("utf8"));
    // pg_hba's `password`. Whoever could listen would have it.
    else if (kind === CLEAR_PASSWORD && this.#isPrivate)
      this.#socket.write(message("p", cstring(this.#credential.password.reveal())));
    else throw new Error("it asks for a login that can't be given");
  }
}
