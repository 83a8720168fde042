import canonicalize from "canonicalize";
import { CodedError } from "../errors.ts";

/**
 * The one byte sequence of a JSON value (RFC 8785, JCS). What JCS can't say exactly is refused, not rounded: numbers
 * outside the safe integers or not finite, lone surrogates, undefined, functions.
 *
 * @param value - plain JSON
 * @throws `ENTRY_INVALID`
 */
export function canonicalBytes(value: unknown): Buffer {
  refuseInexact(value, "entry");
  const text = canonicalize(value);
  if (text === undefined) throw new CodedError("ENTRY_INVALID", "The entry is not JSON.");
  return Buffer.from(text, "utf8");
}

function refuseInexact(value: unknown, where: string): void {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed())
        throw new CodedError("ENTRY_INVALID", `${where} holds half a character (a lone surrogate).`);
      return;
    case "number":
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
        throw new CodedError("ENTRY_INVALID", `${where} is not a safe integer.`);
      }
      return;
    case "boolean":
      return;
    case "object":
      if (value === null) return;
      for (const [key, part] of Object.entries(value)) {
        refuseInexact(key, `a key of ${where}`);
        refuseInexact(part, `${where}.${key}`);
      }
      return;
    default:
      throw new CodedError("ENTRY_INVALID", `${where} is ${typeof value}, which JSON has no word for.`);
  }
}
