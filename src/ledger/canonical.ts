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
  try {
    return writtenObject(value as Record<string, unknown>, "entry", plain, without);
  } catch (error) {
    // What is nested ten thousand deep is read as JSON all the same, and there is no stack to write it with.
    if (error instanceof RangeError)
      throw new CodedError("ENTRY_INVALID", "entry is nested too deeply.", { cause: error });
    throw error;
  }
}

/** {@link canonicalText} as bytes. */
export function canonicalBytes(value: object, without: ReadonlySet<string> = NONE): Buffer {
  return Buffer.from(canonicalText(value, { without }), "utf8");
}

/** Whether a line that was read as JSON has no escape: then each string stands in it as JCS writes it, and none is looked at again. */
export function isPlain(line: string): boolean {
  return !line.includes("\\") && line.isWellFormed();
}

const NONE: ReadonlySet<string> = new Set();
/** Whatever is not written as it is: quotes, backslashes, control characters, and what isn't ASCII. */
const TO_ESCAPE = /[^ !#-[\]-~]/;
/** From so many keys on the engine's own sort is worth its beginning, and what they came to is not kept. */
const FEW = 16;

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
  let text = "{";
  for (const { key, name } of namesOf(Object.keys(fields), where, without)) {
    text += text === "{" ? name : `,${name}`;
    text += written(fields[key], key, plain);
  }
  return `${text}}`;
}

/** A key, and how it is written before its value. */
interface Name {
  readonly key: string;
  readonly name: string;
}

/** What was last made of so many keys: entries are alike. */
const madeLast: { readonly keys: readonly string[]; readonly without: ReadonlySet<string>; readonly names: Name[] }[] =
  [];

function namesOf(keys: string[], where: string, without: ReadonlySet<string>): readonly Name[] {
  const last = madeLast[keys.length];
  if (last?.without === without && last.keys.every((key, index) => key === keys[index])) return last.names;
  const names = sorted([...keys])
    .filter((key) => !without.has(key))
    .map((key) => ({ key, name: `${writtenText(key, where, false)}:` }));
  if (keys.length <= FEW) madeLast[keys.length] = { keys, without, names };
  return names;
}

/** In place: an entry has few keys in each object, and for few of them this costs a third of the engine's own sort. */
function sorted(keys: string[]): string[] {
  if (keys.length > FEW) return keys.sort();
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
