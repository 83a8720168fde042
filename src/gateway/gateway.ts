import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { Throttle } from "../app/throttle.ts";
import type { Recorder } from "../domain/activity.ts";
import type { RequestState } from "../domain/request.ts";
import { asCoded, CodedError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { GatewayCredential } from "../vault/gateway-credentials.ts";
import type { Admission, Admitted } from "./admission.ts";
import { CancelKeys } from "./cancel-keys.ts";
import { LiveSessions } from "./live-sessions.ts";
import { cancelAt, reachTarget, TargetRefused, type TargetSession } from "./reach-target.ts";
import { receive, type Caller } from "./receive.ts";
import { Gone, Refused } from "./refused.ts";
import { Session } from "./session.ts";
import { elsewhere, settingsOf } from "./settings.ts";
import { Statements } from "./statements.ts";
import { untraced, type Trace } from "../trace.ts";
import { fatal, int32, message } from "./wire.ts";

/** How long a client may take until it is logged in. */
const LOGIN_MS = 10_000;
/** Connections that are not logged in, in all and from one address. */
const STRANGERS_MAX = 200;
const STRANGERS_PER_ADDRESS = 50;
/** Wrong passwords of one user's from one address: ten, and then one each five seconds. */
const WRONG_PASSWORDS = { perSecond: 0.2, burst: 10 };

const AUTHENTICATED = message("R", int32(0));

export interface GatewayOptions {
  readonly admission: Admission;
  /** Where what is run under a request is recorded. @throws `RECORDING_UNWRITABLE` */
  readonly recorderOf: (request: RequestState) => Recorder | Promise<Recorder>;
  /** Undefined: sessions come in the clear. */
  readonly tls: SecureContext | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
  /** How long a client may take until it is logged in, milliseconds; 10 s if not given. */
  readonly loginMs?: number;
  readonly trace?: Trace;
  readonly log: Log;
}

/** The session gateway: a server of Postgres's protocol, before the targets. */
export class Gateway {
  readonly sessions: LiveSessions;
  readonly #options: GatewayOptions;
  readonly #server: Server;
  readonly #cancelKeys = new CancelKeys();
  readonly #wrongPasswords: Throttle;
  readonly #strangers = new Map<Socket, string>();
  readonly #closing = new AbortController();

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#wrongPasswords = new Throttle(WRONG_PASSWORDS, options.clock);
    this.sessions = new LiveSessions(options.now);
    this.#server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }, (socket) => {
      void this.#take(socket);
    });
  }

  /**
   * Listens.
   *
   * @returns the port
   * @throws `CONFIG_INVALID`
   */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen(port, host);
    try {
      await once(this.#server, "listening");
    } catch (cause) {
      throw new CodedError("CONFIG_INVALID", `The session gateway can't listen on ${host}:${port}.`, {
        next: "Is a Postgres running there? Set GATEWAY_HOST and GATEWAY_PORT.",
        cause,
      });
    }
    // More connections than there are file numbers: those that are there go on.
    this.#server.on("error", (error) => {
      this.#options.log.error("the session gateway can't take a connection", { error });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every session, and takes no more. */
  async stop(): Promise<void> {
    this.#closing.abort();
    this.#server.close();
    for (const socket of this.#strangers.keys()) socket.destroy();
    await this.sessions.endAll({
      code: "57P01",
      message: "The session gateway is being stopped.",
      hint: "The access is still on until its time is up: connect again in a few seconds.",
    });
  }

  /** Whatever comes: a session, a request to cancel, or nothing that can be read. Never throws. */
  async #take(raw: Socket): Promise<void> {
    const { log } = this.#options;
    const from = (raw.remoteAddress ?? "").replace(/^::ffff:(?=[\d.]+$)/, "");
    raw.on("error", () => undefined);
    let socket = raw;
    const timer = setTimeout(() => {
      finish(socket, fatal({ code: "08006", message: "The login took too long." }));
    }, this.#options.loginMs ?? LOGIN_MS);
    const known = () => {
      clearTimeout(timer);
      this.#strangers.delete(raw);
    };
    raw.once("close", known);
    try {
      this.#refuseCrowd(from);
      this.#strangers.set(raw, from);
      const caller = await receive(raw, this.#options.tls, (encrypted) => {
        socket = encrypted;
        encrypted.on("error", () => undefined);
      });
      if (caller.kind === "cancel") {
        known();
        raw.destroy();
        await this.#cancelKeys.cancel(caller, cancelAt);
        return;
      }
      const admitted = await this.#admit(caller, from);
      known();
      await this.#serve(caller, admitted, from);
    } catch (error) {
      const isOrdinary = error instanceof Refused || error instanceof TargetRefused || error instanceof Gone;
      if (error instanceof Gone) socket.destroy();
      else finish(socket, wordFor(error));
      log[isOrdinary ? "debug" : "error"]("a session did not come about", { from, error });
    }
  }

  #refuseCrowd(from: string): void {
    const same = [...this.#strangers.values()].filter((each) => each === from).length;
    if (this.#strangers.size >= STRANGERS_MAX || same >= STRANGERS_PER_ADDRESS)
      throw new Refused("53300", "Too many connections wait for their login.", "Try again in a few seconds.");
  }

  async #admit(caller: Caller, from: string): Promise<Admitted> {
    const { admission, log } = this.#options;
    const user = caller.parameters.get("user") ?? "";
    const who = `${from} ${user}`;
    if (this.#wrongPasswords.isSpent(who))
      throw new Refused("28000", "Too many wrong passwords.", "Try again in a few seconds.");
    const admitted = await admission.admit(caller);
    if (admitted !== undefined) return admitted;
    this.#wrongPasswords.take(who);
    log.warn("a wrong password at the session gateway", { from, user: user.slice(0, 63) });
    throw admission.wrong(caller);
  }

  async #serve(caller: Caller, admitted: Admitted, from: string): Promise<void> {
    const { admission, recorderOf, log, now, clock } = this.#options;
    const { request, credential } = admitted;
    const { id } = request;
    const place = this.sessions.take(id, credential.server.connections);
    try {
      const gone = new AbortController();
      caller.socket.once("close", () => {
        gone.abort();
      });
      const recorder = await recorderOf(request);
      const session = randomBytes(4).toString("hex");
      const statements = new Statements({ recorder, session, from, now, clock });
      const signal = AbortSignal.any([gone.signal, place.signal, this.#closing.signal]);
      const target = await reachRecorded(statements, credential, caller.parameters, signal);
      const live = new Session(caller.socket, target, statements, (error) => {
        log.error("a session is ended, because what is run can't be recorded", { request: id, error });
      });
      const forget = this.#cancelKeys.add(target.key, credential);
      place.begin(live, admitted.deadline);
      log.info("a session began", { request: id, session, from });
      const { trace = untraced } = this.#options;
      const about = { request: id, attributes: { target: request.target }, level: "step", lane: "gateway" } as const;
      void trace
        .span("gateway session", about, () => live.over)
        .then((why) => {
          forget.drop();
          place.leave();
          log.info("a session ended", { request: id, session, from, why });
        });
      // What happened to the request while the target was reached, nobody told this session of.
      const { deadline } = await admission.look(id).catch((error: unknown) => {
        if (error instanceof Refused) live.end(error.fatal);
        throw error;
      });
      place.until(deadline);
      caller.handshake.release();
      greet(caller.socket, admitted.proof, target, forget.key);
      live.begin();
    } catch (error) {
      place.leave();
      throw error;
    }
  }
}

/** Reaches a target; what the client sets by that is recorded before. */
async function reachRecorded(
  statements: Statements,
  credential: GatewayCredential,
  parameters: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<TargetSession> {
  const set = settingsOf(parameters).map((sql) => statements.set(sql));
  const connected = elsewhere(parameters, credential.server.database).map((text) => statements.set(text));
  try {
    const target = await reachTarget(credential, parameters, signal);
    for (const run of set) run.did("SET");
    for (const run of connected) run.did("CONNECT");
    return target;
  } catch (error) {
    for (const run of [...set, ...connected]) run.fails({ code: "", message: "the session did not come about" });
    throw error;
  } finally {
    for (const run of [...set, ...connected]) run.end();
  }
}

/** What a server says when somebody is in. */
function greet(client: Socket, proof: Buffer, target: TargetSession, key: Buffer): void {
  const greetings = target.greetings.map(({ type, body }) => message(type, body));
  client.write(Buffer.concat([proof, AUTHENTICATED, ...greetings, message("K", key), target.ready]));
}

/** What somebody is told who doesn't get in. */
function wordFor(error: unknown): Buffer {
  if (error instanceof TargetRefused) return error.response;
  if (error instanceof Refused) return fatal(error.fatal);
  const { code, message: what, next } = asCoded(error);
  return fatal({ code: code === "INTERNAL" ? "XX000" : "58030", message: what, hint: next });
}

/** A last word to somebody who doesn't get in, and who may never read it. */
function finish(socket: Socket, word: Buffer): void {
  if (socket.writable) socket.end(word);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), 500);
  socket.once("close", () => {
    clearTimeout(timer);
  });
}
