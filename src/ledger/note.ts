import { createHash, createPublicKey, sign, verify, type KeyObject } from "node:crypto";

/** A key that signs notes, under a name. https://c2sp.org/signed-note */
export interface NoteKey {
  readonly name: string;
  /** The first four bytes of the hash of name, type and public key. */
  readonly id: Buffer;
  readonly publicKey: KeyObject;
}

/** A text with the signatures under it. */
export interface Note {
  /** Ends with a newline. */
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly id: Buffer; readonly signature: Buffer }[];
}

/** The signature type of Ed25519. */
const ED25519 = 1;
/** What stands before the 32 bytes of an Ed25519 public key in DER (RFC 8410). */
const SPKI = Buffer.from("302a300506032b6570032100", "hex");
const BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?";
const VKEY = new RegExp(`^([^\\s+]+)\\+([0-9a-f]{8})\\+(${BASE64})$`);
const SIGNATURE = new RegExp(`^— ([^\\s+]+) (${BASE64})$`);

/** A public key under a name. */
export function noteKey(name: string, publicKey: KeyObject): NoteKey {
  return { name, publicKey, id: idOf(name, rawKey(publicKey)) };
}

/** A key as people hand it around: `<name>+<id>+<type and key>`. */
export function writeVkey({ name, id, publicKey }: NoteKey): string {
  return `${name}+${id.toString("hex")}+${typed(rawKey(publicKey)).toString("base64")}`;
}

/** The other way round; undefined for what is no such key. */
export function parseVkey(text: string): NoteKey | undefined {
  const [, name = "", id, base64 = ""] = VKEY.exec(text.trim()) ?? [];
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length !== 33 || bytes[0] !== ED25519) return undefined;
  const raw = bytes.subarray(1);
  const key = { name, id: idOf(name, raw), publicKey: fromRaw(raw) };
  return key.id.toString("hex") === id ? key : undefined;
}

/**
 * Signs a text.
 *
 * @param text - ends with a newline
 * @param keys - each with its private half; the first signs first
 */
export function writeNote(text: string, keys: readonly { key: NoteKey; privateKey: KeyObject }[]): string {
  const lines = keys.map(({ key, privateKey }) => {
    const signature = Buffer.concat([key.id, sign(null, Buffer.from(text, "utf8"), privateKey)]);
    return `— ${key.name} ${signature.toString("base64")}\n`;
  });
  return `${text}\n${lines.join("")}`;
}

/** A note's parts; undefined for what is none. Nothing is verified here. */
export function parseNote(note: string): Note | undefined {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n") || /[\0-\x09\x0b-\x1f]/.test(note)) return undefined;
  const lines = note.slice(end + 2, -1).split("\n");
  const signatures = lines.map((line) => {
    const [, name, base64 = ""] = SIGNATURE.exec(line) ?? [];
    const bytes = Buffer.from(base64, "base64");
    return name === undefined || bytes.length < 5
      ? undefined
      : { name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) };
  });
  const read = signatures.filter((each) => each !== undefined);
  return read.length === lines.length ? { text: note.slice(0, end + 1), signatures: read } : undefined;
}

/**
 * Whether a key signed a note: `absent` where it has no signature of this key.
 */
export function signedBy({ text, signatures }: Note, key: NoteKey): "yes" | "no" | "absent" {
  const own = signatures.filter(({ name, id }) => name === key.name && id.equals(key.id));
  if (own.length === 0) return "absent";
  const bytes = Buffer.from(text, "utf8");
  return own.every(({ signature }) => verify(null, bytes, key.publicKey, signature)) ? "yes" : "no";
}

function idOf(name: string, raw: Buffer): Buffer {
  return createHash("sha256").update(`${name}\n`).update(typed(raw)).digest().subarray(0, 4);
}

function typed(raw: Buffer): Buffer {
  return Buffer.concat([Uint8Array.of(ED25519), raw]);
}

function rawKey(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: "spki", format: "der" }).subarray(-32);
}

function fromRaw(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI, raw]), format: "der", type: "spki" });
}
