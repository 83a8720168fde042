/**
 * A piece of a sentence. Everything a person typed travels as `said`, and only the renderers of the chat platforms
 * turn pieces into markup: so no text can become a mention, a link or the end of a code block on its way.
 */
export type Span =
  | string
  | { readonly person: string }
  /** Calls the person, where `person` only names them. */
  | { readonly mention: string }
  /** Calls everybody in the channel: only for what must wake people. */
  | { readonly mention: { readonly everyone: true } }
  /** Epoch milliseconds, shown in the reader's own time zone where the platform can; with its day where that could be another. */
  | { readonly time: number; readonly day?: boolean }
  | { readonly said: string }
  | { readonly code: string }
  | { readonly strong: string }
  | { readonly link: string; readonly label: string };

/** A sentence, or a few. */
export type Text = readonly Span[];

/** `03:27 UTC`: where no platform shows a reader's own time. */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(11, 16)} UTC`;
}

const SAME_DAY_MS = 12 * 3_600_000;

/** A moment ahead, with its day when it is far enough for that to matter. */
export function moment(at: number, from: number): Span {
  return at - from > SAME_DAY_MS ? { time: at, day: true } : { time: at };
}

/**
 * Joins names as people write them: `dba`, `dba or leads`, `dba, leads or ops`.
 *
 * @param words - what to join
 * @param last - the word before the last one
 */
export function list(words: readonly string[], last: "or" | "and"): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${last} ${words.slice(-1).join("")}`;
}

/**
 * A number of things: `1 entry`, `2 entries`.
 *
 * @param many - where an `s` is not enough
 */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Characters that turn the direction of text around, hide, or act on a terminal: nobody's justification needs them. */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/**
 * The beginning of a text, without half a character at its end.
 *
 * @param max - in UTF-16 units
 */
export function cut(text: string, max: number): string {
  const end = text.length > max && /[\ud800-\udbff]/.test(text.charAt(max - 1)) ? max - 1 : max;
  return text.slice(0, end);
}

/** A sentence of somebody else's, with an end to it: ours may follow. */
export function ended(sentence: string): string {
  return /[.!?…]["')]?$/.test(sentence) ? sentence : `${sentence}.`;
}

/** What a person typed, as a refusal repeats it: inert, short, in quotation marks. */
export function quote(text: string): string {
  return `"${cut(plainLine(text), 40)}"`;
}

/**
 * What a person typed, made inert and of one line: normalised (NFC), without control and direction characters, lone
 * surrogates replaced, white space folded. What is left means what it shows.
 *
 * @param text - as typed
 */
export function plainLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\t-\r\u0085\u2028\u2029]+/g, " ")
    .replace(INVISIBLE, "")
    .normalize("NFC")
    .replace(/\s+/g, " ")
    .trim();
}
