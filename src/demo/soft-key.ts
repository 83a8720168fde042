import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

/** What a site asks of a key, as far as a key needs it. */
export interface AskedOfKey {
  readonly challenge: string;
  readonly rpId: string;
  readonly origin: string;
}

/** How a key may answer otherwise than a right one: for tests. */
export interface Twist {
  readonly counter?: number;
  /** Bits of the flags: 1 present, 4 recognised. */
  readonly flags?: number;
  readonly type?: string;
}

const PRESENT_AND_RECOGNISED = 5;
const HAS_CREDENTIAL = 64;
const COUNTER_BYTES = 4;

/**
 * A security key made of software: it signs whatever it is asked to, and recognises nobody. For the demo, and for tests; the
 * served program has none (https://www.w3.org/TR/webauthn-3/#sctn-authenticator-model).
 */
export class SoftKey {
  readonly id = randomBytes(16);
  counter = 0;
  readonly #private: KeyObject;
  readonly #public: { readonly x: Buffer; readonly y: Buffer };

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x = "", y = "" } = publicKey.export({ format: "jwk" });
    this.#private = privateKey;
    this.#public = { x: Buffer.from(x, "base64url"), y: Buffer.from(y, "base64url") };
  }

  get credential(): string {
    return this.id.toString("base64url");
  }

  /** What `navigator.credentials.create` would give. */
  enrol(asked: AskedOfKey, twist: Twist = {}) {
    const credential = Buffer.concat([Buffer.alloc(16), uint16(this.id.length), this.id, this.#cose()]);
    const flags = (twist.flags ?? PRESENT_AND_RECOGNISED) | HAS_CREDENTIAL;
    const data = Buffer.concat([authenticatorData(asked.rpId, flags, this.counter), credential]);
    const attestation = Buffer.concat([
      Buffer.from([0xa3]),
      ...[cborText("fmt"), cborText("none"), cborText("attStmt"), Buffer.from([0xa0])],
      ...[cborText("authData"), cborBytes(data)],
    ]);
    return this.#answer({
      clientDataJSON: clientData(twist.type ?? "webauthn.create", asked),
      attestationObject: attestation.toString("base64url"),
      transports: ["internal"],
    });
  }

  /** What `navigator.credentials.get` would give. */
  sign(asked: AskedOfKey, twist: Twist = {}) {
    this.counter = twist.counter ?? this.counter + 1;
    const data = authenticatorData(asked.rpId, twist.flags ?? PRESENT_AND_RECOGNISED, this.counter);
    const clientDataJSON = clientData(twist.type ?? "webauthn.get", asked);
    const hash = createHash("sha256").update(Buffer.from(clientDataJSON, "base64url")).digest();
    const signature = sign("sha256", Buffer.concat([data, hash]), this.#private);
    return this.#answer({
      clientDataJSON,
      authenticatorData: data.toString("base64url"),
      signature: signature.toString("base64url"),
    });
  }

  #answer<T>(response: T) {
    const { credential: id } = this;
    return { id, rawId: id, type: "public-key" as const, clientExtensionResults: {}, response };
  }

  /** COSE_Key: EC2 (1: 2), ES256 (3: -7), P-256 (-1: 1), x and y. */
  #cose(): Buffer {
    const { x, y } = this.#public;
    const head = Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]);
    return Buffer.concat([head, cborBytes(x), Buffer.from([0x22]), cborBytes(y)]);
  }
}

function clientData(type: string, { challenge, origin }: AskedOfKey): string {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false })).toString("base64url");
}

function authenticatorData(rpId: string, flags: number, counter: number): Buffer {
  const counted = Buffer.alloc(COUNTER_BYTES);
  counted.writeUInt32BE(counter);
  return Buffer.concat([createHash("sha256").update(rpId).digest(), Buffer.from([flags]), counted]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

/** A CBOR text string shorter than 24 bytes. */
function cborText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 | text.length]), Buffer.from(text)]);
}

/** A CBOR byte string of 24 to 255 bytes. */
function cborBytes(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x58, bytes.length]), bytes]);
}
