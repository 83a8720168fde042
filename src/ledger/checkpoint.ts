import { parseNote, type Note } from "./note.ts";

/** What a checkpoint says: what the first `size` entries of a ledger are. https://c2sp.org/tlog-checkpoint */
export interface Checkpoint {
  /** Which ledger. */
  readonly origin: string;
  readonly size: number;
  /** The Merkle root (RFC 6962) over the entries' canonical bytes. */
  readonly root: Buffer;
}

/** A checkpoint with the signatures under it. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: Note;
}

/** Which ledger it is follows from its first entry: every copy of it has the same name, and no other ledger has. */
export function originOf(firstHash: string): string {
  return `breakglass/${firstHash.slice(0, 16)}`;
}

/** The text that is signed. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString("base64")}\n`;
}

/** A signed checkpoint; undefined for what is none. Its signatures are not verified here. */
export function parseCheckpoint(text: string): SignedCheckpoint | undefined {
  const note = parseNote(text);
  const [origin = "", size = "", root = ""] = note?.text.split("\n") ?? [];
  const hash = Buffer.from(root, "base64");
  if (note === undefined || origin === "" || !/^(0|[1-9]\d{0,14})$/.test(size)) return undefined;
  if (hash.length !== 32 || hash.toString("base64") !== root) return undefined;
  return { origin, size: Number(size), root: hash, note };
}
