import { STATEMENT_KEPT } from "../domain/activity.ts";
import { cut } from "../domain/text.ts";
import { BodyReader } from "./body-reader.ts";
import { violation } from "./refused.ts";

/** Of a message's body so many bytes are looked at: as many characters as are kept of a statement, in the longest encoding. */
export const BODY_KEPT = 4 * STATEMENT_KEPT;

/** Of all of a statement's parameters together so many bytes are kept. */
const PARAMETERS_KEPT = 1_000_000;

/** Reads bytes as text. */
export type Decode = (bytes: Buffer) => string;

/** A statement's text, as far as it is kept. */
export interface StatementText {
  readonly sql: string;
  /** The length of the whole in bytes, where only its beginning is kept. */
  readonly cutFrom?: number;
}

/** The text of a statement whose first bytes are there. @param length - of all of it, bytes */
function kept(bytes: Buffer, length: number, decode: Decode): StatementText {
  const sql = decode(bytes);
  const isWhole = bytes.length === length && sql.length <= STATEMENT_KEPT;
  return isWhole ? { sql } : { sql: cut(sql, STATEMENT_KEPT), cutFrom: length };
}

/** Query. @param length - of the body, of which only the beginning may be there */
export function readQuery(body: Buffer, length: number, decode: Decode): StatementText {
  const isWhole = body.length === length;
  const reader = new BodyReader(body);
  const text = isWhole ? reader.text() : reader.textOrBeginning();
  if (isWhole) reader.end();
  return kept(text, isWhole ? text.length : length - 1, decode);
}

/** Parse: which name it prepares which text under. */
export function readParse(
  body: Buffer,
  length: number,
  decode: Decode,
): { readonly name: string; readonly text: StatementText } {
  const isWhole = body.length === length;
  const reader = new BodyReader(body);
  const name = decode(reader.text());
  const before = body.length - reader.left;
  const text = isWhole ? reader.text() : reader.textOrBeginning();
  if (isWhole) {
    reader.bytes(4 * count(reader));
    reader.end();
  }
  return { name, text: kept(text, isWhole ? text.length : length - before, decode) };
}

/** Bind: which portal it makes of which statement, with which parameters. */
export interface BindMessage {
  readonly portal: string;
  readonly statement: string;
  readonly parameters: readonly (string | null)[];
}

export function readBind(body: Buffer, length: number, decode: Decode): BindMessage {
  const isWhole = body.length === length;
  const reader = new BodyReader(body);
  const portal = decode(reader.text());
  const statement = decode(reader.text());
  const formats = readFormats(reader);
  const parameters = readValues(reader, formats, isWhole, decode);
  if (isWhole) {
    readFormats(reader);
    reader.end();
  }
  return { portal, statement, parameters };
}

/** FunctionCall: which function, by its oid, with which arguments. */
export function readFunctionCall(
  body: Buffer,
  length: number,
  decode: Decode,
): { readonly oid: number; readonly parameters: readonly (string | null)[] } {
  const isWhole = body.length === length;
  const reader = new BodyReader(body);
  const oid = reader.int32() >>> 0;
  const formats = readFormats(reader);
  const parameters = readValues(reader, formats, isWhole, decode);
  if (isWhole) {
    reader.int16();
    reader.end();
  }
  return { oid, parameters };
}

/** Close, Describe: of a statement (S) or a portal (P), and which. */
export function readNamed(body: Buffer, decode: Decode): { readonly of: "S" | "P"; readonly name: string } {
  const reader = new BodyReader(body);
  const of = String.fromCharCode(reader.byte());
  const name = decode(reader.text());
  reader.end();
  if (of !== "S" && of !== "P") throw violation("it names neither a statement nor a portal");
  return { of, name };
}

/** Execute: which portal. */
export function readExecute(body: Buffer, decode: Decode): string {
  const reader = new BodyReader(body);
  const portal = decode(reader.text());
  reader.int32();
  reader.end();
  return portal;
}

function count(reader: BodyReader): number {
  return reader.int16() & 0xffff;
}

function readFormats(reader: BodyReader): boolean[] {
  return Array.from({ length: count(reader) }, () => reader.int16() !== 0);
}

/** Values with their formats: none means text for all, one means that one for all. */
function readValues(
  reader: BodyReader,
  formats: readonly boolean[],
  isWhole: boolean,
  decode: Decode,
): (string | null)[] {
  const values: (string | null)[] = [];
  let room = PARAMETERS_KEPT;
  const many = count(reader);
  if (formats.length > 1 && formats.length !== many) throw violation("a message has formats for other parameters");
  for (let nth = 0; nth < many; nth += 1) {
    if (!isWhole && reader.left < 4) return [...values, "… (the rest is not kept)"];
    const length = reader.int32();
    if (length < -1) throw violation("a parameter has a negative length");
    if (length === -1) {
      values.push(null);
      continue;
    }
    const bytes = reader.bytes(isWhole ? length : Math.min(length, reader.left));
    const shown = bytes.subarray(0, Math.max(0, room));
    room -= length;
    const isBinary = formats[formats.length === 1 ? 0 : nth] ?? false;
    const value = isBinary ? `\\x${shown.toString("hex")}` : decode(shown);
    values.push(shown.length === length ? value : `${value}… (of ${length} bytes)`);
  }
  return values;
}
