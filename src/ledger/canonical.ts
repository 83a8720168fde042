import { CodedError } from "../errors.ts";

/**
 * The one byte sequence of a JSON value (RFC 8785, JCS). What JCS can't say exactly is refused, not rounded: numbers
 * outside the safe integers or not finite, lone surrogates, undefined, functions. What is left needs nothing of JCS but its
 * order of keys: strings and integers are written as JSON.stringify does.
 *
 * @param value - plain JSON
 * @param without - which of its own keys are left out
 * @throws `ENTRY_INVALID`
 */
export function canonicalBytes(value: object, without: ReadonlySet<string> = NONE): Buffer {
  return Buffer.from(writtenObject(value as Record<string, unknown>, "entry", without), "utf8");
}

const NONE: ReadonlySet<string> = new Set();
/** Whatever is not written as it is: quotes, backslashes, control characters, and what isn't ASCII. */
const TO_ESCAPE = /[^ !#-[\]-~]/;

function written(value: unknown, where: string): string {
  switch (typeof value) {
    case "string":
      if (!TO_ESCAPE.test(value)) return `"${value}"`;
      if (!value.isWellFormed())
        throw new CodedError("ENTRY_INVALID", `${where} holds half a character (a lone surrogate).`);
      return JSON.stringify(value);
    case "number":
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
        throw new CodedError("ENTRY_INVALID", `${where} is not a safe integer.`);
      }
      return String(value);
    case "boolean":
      return String(value);
    case "object":
      if (value === null) return "null";
      return Array.isArray(value)
        ? writtenList(value, where)
        : writtenObject(value as Record<string, unknown>, where, NONE);
    default:
      throw new CodedError("ENTRY_INVALID", `${where} is ${typeof value}, which JSON has no word for.`);
  }
}

function writtenList(list: readonly unknown[], where: string): string {
  return `[${list.map((part, index) => written(part, `${where}.${index}`)).join(",")}]`;
}

/** Keys by their UTF-16 code units, which is how JavaScript compares strings (RFC 8785 section 3.2.3). */
function writtenObject(fields: Readonly<Record<string, unknown>>, where: string, without: ReadonlySet<string>): string {
  let parts = "";
  for (const key of Object.keys(fields).sort()) {
    if (without.has(key)) continue;
    const name = written(key, where);
    parts += `${parts === "" ? "" : ","}${name}:${written(fields[key], key)}`;
  }
  return `{${parts}}`;
}
