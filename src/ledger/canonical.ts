import { CodedError } from "../errors.ts";

/**
 * The one way to write a JSON value (RFC 8785, JCS), as text: its bytes are its UTF-8. What JCS can't say exactly is refused, not
 * rounded: numbers outside the safe integers or not finite, lone surrogates, undefined, functions. What is left needs nothing of
 * JCS but its order of keys: strings and integers are written as JSON.stringify does.
 *
 * @param value - plain JSON
 * @param how - `without`: which of its own keys are left out; `isPlain`: no string in it needs an escape, see {@link isPlain}
 * @throws `ENTRY_INVALID`
 */
export function canonicalText(value: object, how: { without?: ReadonlySet<string>; isPlain?: boolean } = {}): string {
  const { without = NONE, isPlain: plain = false } = how;
  return writtenObject(value as Record<string, unknown>, "entry", plain, without);
}

/** {@link canonicalText} as bytes. */
export function canonicalBytes(value: object, without: ReadonlySet<string> = NONE): Buffer {
  return Buffer.from(canonicalText(value, { without }), "utf8");
}

/** Whether a line of JSON is ASCII without an escape: then so is every string in it, and none is looked at again. */
export function isPlain(line: string): boolean {
  return !NOT_PLAIN.test(line);
}

const NONE: ReadonlySet<string> = new Set();
/** Whatever is not written as it is: quotes, backslashes, control characters, and what isn't ASCII. */
const TO_ESCAPE = /[^ !#-[\]-~]/;
/** The same in a line of JSON, where quotes are none of a string's. */
const NOT_PLAIN = /[^ -[\]-~]/;
/** So many keys are worth to be held against those before: an entry itself has them, and few of the objects in it. */
const MANY = 6;
/** Objects of more keys than an entry has are rare. */
const REMEMBERED = 16;

function writtenText(value: string, where: string, plain: boolean): string {
  if (plain || !TO_ESCAPE.test(value)) return `"${value}"`;
  if (!value.isWellFormed())
    throw new CodedError("ENTRY_INVALID", `${where} holds half a character (a lone surrogate).`);
  return JSON.stringify(value);
}

function written(value: unknown, where: string, plain: boolean): string {
  switch (typeof value) {
    case "string":
      return writtenText(value, where, plain);
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
        ? writtenList(value, where, plain)
        : writtenObject(value as Record<string, unknown>, where, plain, NONE);
    default:
      throw new CodedError("ENTRY_INVALID", `${where} is ${typeof value}, which JSON has no word for.`);
  }
}

function writtenList(list: readonly unknown[], where: string, plain: boolean): string {
  return `[${list.map((part, index) => written(part, `${where}.${index}`, plain)).join(",")}]`;
}

/** Keys by their UTF-16 code units, which is how JavaScript compares strings (RFC 8785 section 3.2.3). */
function writtenObject(
  fields: Readonly<Record<string, unknown>>,
  where: string,
  plain: boolean,
  without: ReadonlySet<string>,
): string {
  let parts = "";
  for (const key of sorted(Object.keys(fields))) {
    if (without.has(key)) continue;
    const name = writtenText(key, where, plain);
    parts += parts === "" ? `{${name}:` : `,${name}:`;
    parts += written(fields[key], key, plain);
  }
  return parts === "" ? "{}" : `${parts}}`;
}

/** What was sorted last, by how many keys it had: entries are alike. */
const sortedLast: { readonly keys: readonly string[]; readonly sorted: readonly string[] }[] = [];

function sorted(keys: readonly string[]): readonly string[] {
  if (keys.length < MANY) return sortedFew([...keys]);
  const last = sortedLast[keys.length];
  if (last?.keys.every((key, index) => key === keys[index]) === true) return last.sorted;
  const now = { keys, sorted: keys.toSorted() };
  if (keys.length <= REMEMBERED) sortedLast[keys.length] = now;
  return now.sorted;
}

/** In place: for few keys this costs a third of the engine's own sort. */
function sortedFew(keys: string[]): string[] {
  for (let next = 1; next < keys.length; next += 1) {
    const key = keys[next] ?? "";
    let place = next;
    for (let before = keys[place - 1]; before !== undefined && before > key; before = keys[place - 1]) {
      keys[place] = before;
      place -= 1;
    }
    keys[place] = key;
  }
  return keys;
}
