import { hash as digest } from "node:crypto";
import { z } from "zod";
import { EVENT_DATA, type DomainEvent, type NewEvent } from "../domain/events.ts";
import { CodedError } from "../errors.ts";
import { canonicalBytes, canonicalText, isPlain } from "./canonical.ts";

/** What the first entry's `prev` is. */
export const GENESIS = "0".repeat(64);

/** An entry may be this long in canonical bytes: tlog-tiles keep a length in 16 bits. */
export const ENTRY_MAX_BYTES = 60_000;

const HASH = /^[0-9a-f]{64}$/;
const hex = z.string().regex(HASH);
/** 16 random bytes, base64url. Of one length, so that no letter can move from a text into its salt under the same hash. */
const salt = z.string().regex(/^[\w-]{22}$/);
/** Loose, as all that is hashed: what a later version adds is part of what was recorded. */
const actor = z.looseObject({
  person: z.string().optional(),
  via: z.enum(["slack", "teams", "cli", "clock"]),
  account: z.string().optional(),
});

/** An object as JSON has it: a line's own parser has seen to what is in it. */
const json = z.custom<Record<string, z.core.util.JSONType>>(
  (data) => typeof data === "object" && data !== null && !Array.isArray(data),
  "is not an object",
);

/** A line of the ledger, DESIGN section 5. `hash` covers everything but itself and `notes`. */
export const entrySchema = z.looseObject({
  v: z.literal(1),
  seq: z.int().min(1),
  at: z.iso.datetime({ precision: 3 }),
  request: z.string().optional(),
  type: z.string(),
  actor,
  data: json,
  noteHashes: z.record(z.string(), hex).optional(),
  prev: hex,
  hash: hex,
  notes: z.record(z.string(), z.strictObject({ salt, text: z.string() })).optional(),
});

export type Entry = z.output<typeof entrySchema>;

/** Where the chain stands: its newest entry. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export const EMPTY: Head = { seq: 0, hash: GENESIS };

/**
 * Seals an event as the entry after `head`.
 *
 * @param event - what happened
 * @param place - `request`: the request's id, if it belongs to one; `at`: epoch milliseconds; `salt`: fresh random text for each note
 * @throws `ENTRY_INVALID`
 */
export function seal(
  event: NewEvent,
  head: Head,
  place: { readonly request?: string | undefined; readonly at: number; readonly salt: () => string },
): Entry {
  // Half a character and the sign for an unreadable one have the same bytes, and so the same hash.
  const notes = Object.entries(event.notes ?? {}).map(([name, text]) => ({
    ...{ name, text: text.toWellFormed(), salt: place.salt() },
  }));
  const hashed = present({
    v: 1 as const,
    seq: head.seq + 1,
    at: new Date(place.at).toISOString(),
    request: place.request,
    type: event.type,
    actor: { ...event.actor },
    data: EVENT_DATA[event.type].parse(event.data) as Entry["data"],
    noteHashes:
      notes.length === 0
        ? undefined
        : Object.fromEntries(notes.map(({ name, salt, text }) => [name, noteHash(salt, text)])),
    prev: head.hash,
  });
  const bytes = canonicalBytes(hashed);
  if (bytes.length > ENTRY_MAX_BYTES) {
    throw new CodedError("ENTRY_INVALID", `The entry has ${bytes.length} bytes; ${ENTRY_MAX_BYTES} are allowed.`);
  }
  const kept =
    notes.length === 0
      ? {}
      : { notes: Object.fromEntries(notes.map(({ name, salt, text }) => [name, { salt, text }])) };
  return { ...hashed, hash: sha256(bytes), ...kept };
}

const NOT_HASHED: ReadonlySet<string> = new Set(["hash", "notes"]);

/**
 * What an entry's hash covers, and what is its leaf in the Merkle tree: their bytes are its UTF-8.
 *
 * @param line - what the entry was read from, where that is at hand; it saves a look at each of its strings
 */
export function hashedText(entry: Entry, line?: string): string {
  return canonicalText(entry, { without: NOT_HASHED, isPlain: line !== undefined && isPlain(line) });
}

/** What a note's hash is: of its salt and its text. */
export function noteHash(salt: string, text: string): string {
  return sha256(salt + text);
}

/** Of bytes, or of a text's UTF-8. */
export function sha256(of: Uint8Array | string): string {
  return digest("sha256", of, "hex");
}

/**
 * A line of JSON as an entry. Its hash is not checked here.
 *
 * @throws `ENTRY_INVALID`
 */
export function parseEntry(line: string): Entry {
  let json: unknown;
  try {
    // JSON allows blanks around it: then a byte of a file could be changed, and nothing would show it.
    if (!line.startsWith("{") || !line.endsWith("}")) throw new SyntaxError("no object alone");
    json = JSON.parse(line);
  } catch (cause) {
    throw new CodedError("ENTRY_INVALID", "The line is not JSON.", { cause });
  }
  if (isEntry(json)) return json;
  const parsed = entrySchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CodedError(
    "ENTRY_INVALID",
    `The line is no entry: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim(),
  );
}

const VIAS: ReadonlySet<unknown> = new Set(actor.shape.via.options);
const AT = z.core.regexes.datetime({ precision: 3 });
const { noteHashes: noteHashesSchema, notes: notesSchema } = entrySchema.shape;

/** What the schema says, asked in a fifth of its time: a million entries are read at a worker's start, and verified. */
function isEntry(json: unknown): json is Entry {
  if (!isObject(json) || !isObject(json["actor"])) return false;
  const { v, seq, at, request, type, data, prev, hash, noteHashes, notes } = json;
  const { person, via, account } = json["actor"];
  return (
    v === 1 &&
    Number.isSafeInteger(seq) &&
    (seq as number) >= 1 &&
    isText(at, AT) &&
    isText(type) &&
    isHash(prev) &&
    isHash(hash) &&
    isObject(data) &&
    VIAS.has(via) &&
    [request, person, account].every((each) => each === undefined || isText(each)) &&
    (noteHashes === undefined || noteHashesSchema.safeParse(noteHashes).success) &&
    (notes === undefined || notesSchema.safeParse(notes).success)
  );
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** What `hex` says; each entry's hash is the next one's `prev`, and is looked at once. */
function isHash(json: unknown): boolean {
  if (json === lastHash) return true;
  if (typeof json !== "string" || !HASH.test(json)) return false;
  lastHash = json;
  return true;
}

let lastHash = GENESIS;

function isText(json: unknown, like?: RegExp): boolean {
  return typeof json === "string" && (like?.test(json) ?? true);
}

/**
 * The event that an entry records; undefined for a type that a later version wrote.
 *
 * @throws `ENTRY_INVALID` when the data of a known type doesn't fit
 */
export function eventOf(entry: Entry): DomainEvent | undefined {
  if (!Object.hasOwn(EVENT_DATA, entry.type)) return undefined;
  const type = entry.type as keyof typeof EVENT_DATA;
  const data = EVENT_DATA[type].safeParse(entry.data);
  if (!data.success)
    throw new CodedError("ENTRY_INVALID", `Entry ${entry.seq} has data that don't fit ${type}.`, { cause: data.error });
  const notes = Object.fromEntries(Object.entries(entry.notes ?? {}).map(([name, { text }]) => [name, text]));
  const { seq, hash, actor: by } = entry;
  return { seq, hash, at: Date.parse(entry.at), type, actor: by, data: data.data, notes } as DomainEvent;
}

/** Drops what is undefined, as JSON would. */
function present<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(present) as T;
  const parts = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(parts.map(([key, part]) => [key, present(part)])) as T;
}

/** The events of entries, in their order. What a later version wrote is passed over. */
export function eventsOf(entries: readonly Entry[]): DomainEvent[] {
  return entries.map(eventOf).filter((event) => event !== undefined);
}
