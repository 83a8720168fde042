/** The wire of Postgres, version 3 (https://www.postgresql.org/docs/current/protocol-message-formats.html): what both sides of the gateway need of it. */

/** What a first packet may begin with, in place of a version. */
export const SSL_REQUEST = 80_877_103;
export const GSS_REQUEST = 80_877_104;
export const CANCEL_REQUEST = 80_877_102;
export const PROTOCOL_3_0 = 196_608;

/** How a first packet's version says that it is of protocol 3, whatever the minor. */
export const MAJOR_3 = 3;

/** A message's type byte. */
export function type(letter: string): number {
  return letter.charCodeAt(0);
}

export function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

export function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`, "utf8");
}

/** A message: its type, its length, its body. */
export function message(letter: string, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([Buffer.from(letter, "latin1"), int32(length), ...parts]);
}

/** A first packet, which has no type: its length, its body. */
export function packet(...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([int32(length), ...parts]);
}

/** What a session is told when it ends, or doesn't begin. */
export interface Fatal {
  /** SQLSTATE (PostgreSQL, Appendix A). */
  readonly code: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
}

/** An ErrorResponse after which nothing comes. */
export function fatal({ code, message: text, hint = "" }: Fatal): Buffer {
  const fields: [string, string][] = [
    ["S", "FATAL"],
    ["V", "FATAL"],
    ["C", code],
    ["M", text],
    ...(hint === "" ? [] : [["H", hint] satisfies [string, string]]),
  ];
  const parts = fields.map(([field, value]) => cstring(field + value.replaceAll("\0", "")));
  return message("E", ...parts, Buffer.of(0));
}

/** The fields of an ErrorResponse by their letters; of one whose end is not there, those that are. */
export function errorFields(body: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const end = body.indexOf(0, at);
    const last = end === -1 ? body.length : end;
    fields.set(String.fromCharCode(body[at] ?? 0), body.toString("utf8", at + 1, last));
    at = last + 1;
  }
  return fields;
}
