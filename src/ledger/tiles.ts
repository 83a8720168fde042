import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { rootOf } from "./merkle.ts";

const WIDTH = 256;

/**
 * Writes a ledger as a folder of static files (https://c2sp.org/tlog-tiles): `checkpoint`, the tree's hashes in `tile/<level>/`,
 * the entries in `tile/entries/`.
 *
 * @param checkpoint - as it was signed, of just these entries
 * @param entries - each one's canonical bytes, at most 65,535, and its leaf
 * @returns how many files were written
 */
export async function writeTiles(
  dir: string,
  checkpoint: string,
  entries: readonly { readonly bytes: Buffer; readonly leaf: Buffer }[],
): Promise<number> {
  const files = new Map<string, Buffer>();
  const bundles = entries.map(({ bytes }) => Buffer.concat([uint16(bytes.length), bytes]));
  addTiles(files, "entries", bundles);
  let level = 0;
  for (let hashes = entries.map(({ leaf }) => leaf); hashes.length > 0; level += 1) {
    addTiles(files, String(level), hashes);
    hashes = whole(hashes).map(rootOf);
  }
  for (const [path, content] of files) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
  // Last, so that what it speaks of is there.
  await writeFile(join(dir, "checkpoint"), checkpoint);
  return files.size + 1;
}

function addTiles(files: Map<string, Buffer>, level: string, parts: readonly Buffer[]): void {
  for (let index = 0; index * WIDTH < parts.length; index += 1) {
    const tile = parts.slice(index * WIDTH, (index + 1) * WIDTH);
    const partial = tile.length === WIDTH ? "" : `.p/${tile.length}`;
    files.set(`tile/${level}/${tilePath(index)}${partial}`, Buffer.concat(tile));
  }
}

/** The full tiles of a level; what is left over is no part of a higher one. */
function whole(hashes: readonly Buffer[]): Buffer[][] {
  const count = Math.floor(hashes.length / WIDTH);
  return Array.from({ length: count }, (_, index) => hashes.slice(index * WIDTH, (index + 1) * WIDTH));
}

/** A tile's name in its level: 1234067 is `x001/x234/067`. */
export function tilePath(index: number): string {
  const groups = [String(index % 1_000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000))
    groups.unshift(`x${String(rest % 1_000).padStart(3, "0")}`);
  return groups.join("/");
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
