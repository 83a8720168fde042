import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { Refused, violation } from "./refused.ts";

/** SCRAM-SHA-256 (RFC 5802, RFC 7677) as Postgres speaks it: the user's name in it is empty, the startup packet has it. */
export const MECHANISM = "SCRAM-SHA-256";
/** The same, bound to the server's certificate. */
export const MECHANISM_PLUS = "SCRAM-SHA-256-PLUS";

/** What a server keeps in place of a password. */
export interface Verifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** More rounds than this are not worked off for a server that asks for them. */
const ITERATIONS_MAX = 100_000;

/** Reads a verifier in the form of pg_authid.rolpassword. */
export function readVerifier(text: string): Verifier {
  const [, iterations = "", salt = "", storedKey = "", serverKey = ""] =
    /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(text) ?? [];
  const bytes = (base64: string) => Buffer.from(base64, "base64");
  const verifier = { salt: bytes(salt), storedKey: bytes(storedKey), serverKey: bytes(serverKey) };
  return { ...verifier, iterations: Number(iterations) };
}

/** How a login begins that is bound to the server's certificate. */
const BOUND = "p=tls-server-end-point,,";

/** One login, the server's side of it. */
export class ScramServer {
  readonly #verifier: Verifier;
  readonly #serverNonce: string;
  readonly #binding: Buffer | undefined;
  #first = "";
  #header = "";
  #bare = "";

  /**
   * @param serverNonce - fresh random text, without a comma
   * @param binding - the server's certificate's hash, where a login can be bound to it
   */
  constructor(verifier: Verifier, serverNonce: string, binding?: Buffer) {
    this.#verifier = verifier;
    this.#serverNonce = serverNonce;
    this.#binding = binding;
  }

  /** The ways to log in that there are. */
  get mechanisms(): readonly string[] {
    return this.#binding === undefined ? [MECHANISM] : [MECHANISM_PLUS, MECHANISM];
  }

  /** Answers what the client says first. @throws Refused */
  challenge(mechanism: string, clientFirst: string): string {
    if (!this.mechanisms.includes(mechanism)) throw violation("another kind of login than what was offered");
    const [, header, nonce] =
      /^([ny],,|p=tls-server-end-point,,)n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?$/.exec(clientFirst) ?? [];
    if (header === undefined || nonce === undefined) throw violation("its login");
    if ((header === BOUND) !== (mechanism === MECHANISM_PLUS)) throw violation("its login");
    // It could bind its login, and was told that we can't: by somebody in between (RFC 5802 section 6).
    if (header === "y,," && this.#binding !== undefined)
      throw new Refused("28000", "Somebody between you and the session gateway changes what it offers.");
    this.#header = header;
    this.#bare = clientFirst.slice(header.length);
    const { salt, iterations } = this.#verifier;
    this.#first = `r=${nonce}${this.#serverNonce},s=${salt.toString("base64")},i=${iterations}`;
    return this.#first;
  }

  /** Judges what the client says last. @returns the server's own proof; undefined when it was another password */
  judge(clientFinal: string): string | undefined {
    const [, without, binding, nonce, proof] = /^(c=([^,]+),r=([^,]+)(?:,[^,]+)*?),p=([^,]+)$/.exec(clientFinal) ?? [];
    if (without === undefined || proof === undefined) throw violation("its login");
    const ours = [Buffer.from(this.#header), ...(this.#header === BOUND && this.#binding ? [this.#binding] : [])];
    const isOurs = Buffer.concat(ours).toString("base64") === binding && this.#first.startsWith(`r=${nonce},`);
    const { storedKey, serverKey } = this.#verifier;
    const authMessage = `${this.#bare},${this.#first},${without}`;
    const clientKey = xor(Buffer.from(proof, "base64"), hmac(storedKey, authMessage));
    const isRight = timingSafeEqual(createHash("sha256").update(clientKey).digest(), storedKey);
    return isOurs && isRight ? `v=${hmac(serverKey, authMessage).toString("base64")}` : undefined;
  }
}

/** One login, the client's side of it. */
export class ScramClient {
  readonly #password: string;
  readonly #bare: string;
  readonly #nonce: string;
  #expected = "";

  /** @param nonce - fresh random text, without a comma */
  constructor(password: string, nonce: string) {
    this.#password = password;
    this.#nonce = nonce;
    this.#bare = `n=,r=${nonce}`;
  }

  /** What is said first. */
  get first(): string {
    return `n,,${this.#bare}`;
  }

  /** Answers the server's challenge. @throws Error when it is none */
  answer(serverFirst: string): string {
    const [, nonce = "", salt = "", rounds = ""] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? [];
    const iterations = Number(rounds);
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce || iterations < 1 || iterations > ITERATIONS_MAX)
      throw new Error("its challenge can't be answered");
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, "base64"), iterations, 32, "sha256");
    const clientKey = hmac(salted, "Client Key");
    const storedKey = createHash("sha256").update(clientKey).digest();
    const without = `c=biws,r=${nonce}`;
    const authMessage = `${this.#bare},${serverFirst},${without}`;
    this.#expected = `v=${hmac(hmac(salted, "Server Key"), authMessage).toString("base64")}`;
    return `${without},p=${xor(clientKey, hmac(storedKey, authMessage)).toString("base64")}`;
  }

  /** Whether the server knows the password too. */
  accepts(serverFinal: string): boolean {
    return this.#expected !== "" && serverFinal === this.#expected;
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}
