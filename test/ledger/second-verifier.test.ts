import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { checkpointText, originOf } from "../../src/ledger/checkpoint.ts";
import { EMPTY, parseEntry, type Head } from "../../src/ledger/entry.ts";
import { linesIn } from "../../src/ledger/lines.ts";
import { noteKey, writeNote, writeVkey } from "../../src/ledger/note.ts";
import { checkEntry } from "../../src/ledger/check-entry.ts";
import { verify } from "../../src/ledger/verify.ts";
import { ledgerOf } from "./ledger-of.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const ENTRIES = 200;

/** Flips each byte of each line of argv[2], and says which changes `verify.py` took for the same ledger. */
const FLIPS = `
import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from verify import check
lines = open(sys.argv[2], "rb").read().split(b"\\n")[:-1]
head, unnoticed, count = "0" * 64, [], 0
for number, line in enumerate(lines, 1):
    for index in range(len(line) + 1):
        changed = bytearray(line + b"\\n")
        changed[index] ^= 1 + (number * 31 + index) % 255
        count += 1
        try:
            text = bytes(changed).decode("utf-8")
            if "\\n" in text[:-1]: raise ValueError("two lines")
            check(text.removesuffix("\\n"), number, head)
            unnoticed.append([number, index])
        except (ValueError, TypeError, KeyError, AttributeError):
            pass
    head, _ = check(line.decode("utf-8"), number, head)
print(json.dumps({"count": count, "unnoticed": unnoticed}))
`;

describe("a ledger can be checked without us: docs/verify.py", { concurrency: 2 }, () => {
  let dir: string;
  let file: string;
  const lines = ledgerOf(ENTRIES);
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-verify-"));
    file = join(dir, "ledger.jsonl");
    await writeFile(file, `${lines.join("\n")}\n`);
  });
  after(() => rm(dir, { recursive: true }));

  const python = async (...args: string[]) => {
    try {
      const { stdout } = await promisify(execFile)("python3", args);
      return { code: 0, stdout };
    } catch (error) {
      const { code, stdout } = error as { code: number; stdout: string };
      return { code, stdout };
    }
  };
  const check = (...args: string[]) => python(join(DOCS, "verify.py"), ...args);

  it("is under 150 lines, and needs nothing but the standard library", () => {
    const source = readFileSync(join(DOCS, "verify.py"), "utf8");
    assert.ok(source.split("\n").length < 150);
    const imports = source.split("\n").filter((line) => /^\s*(import|from)\b/.test(line));
    assert.deepEqual(imports, ["import argparse, base64, hashlib, json, sys"]);
  });

  it("comes to the same head and the same root as we do", async () => {
    const { head, root } = await verify(lines);
    const said = `the ledger holds: ${ENTRIES} entries, head ${head.hash}, root ${root}\n`;
    assert.deepEqual(await check(file), { code: 0, stdout: said });
  });

  it("takes a checkpoint that is of this ledger and signed by the key, and no other", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const origin = originOf(parseEntry(lines[0] ?? "").hash);
    const key = noteKey(origin, publicKey);
    const { root } = await verify(lines.slice(0, 150));
    const at = async (size: number, name: string) => {
      const text = checkpointText({ origin, size, root: Buffer.from(root, "base64") });
      await writeFile(join(dir, name), writeNote(text, [{ key, privateKey }]));
      return join(dir, name);
    };
    const good = await at(150, "good");
    const args = ["--key", writeVkey(key)];
    const held = await check(file, "--checkpoint", good, ...args);
    assert.match(held.stdout, /the checkpoint of entry 150 holds, and is signed/);
    assert.match((await check(file, "--checkpoint", await at(151, "bad"), ...args)).stdout, /another history/);
    const stranger = writeVkey(noteKey(origin, generateKeyPairSync("ed25519").publicKey));
    assert.match((await check(file, "--checkpoint", good, "--key", stranger)).stdout, /not signed by the key/);
    await writeFile(join(dir, "forged"), readFileSync(good, "utf8").replace("150", "150\u200b"));
    assert.equal((await check(file, "--checkpoint", join(dir, "forged"), ...args)).code, 1);
  });

  it("names the line that is changed, missing or doubled", async () => {
    const broken = join(dir, "broken.jsonl");
    const deep = `"deep":${"[".repeat(20_000)}${"]".repeat(20_000)},"seq"`;
    for (const [what, changed] of [
      ["line 7", lines.toSpliced(6, 1)],
      ["line 8", lines.toSpliced(6, 0, lines[6] ?? "")],
      ["line 9", lines.with(8, (lines[8] ?? "").replace('"v":1', '"v":1,"x":1'))],
      ["line 10", lines.with(9, (lines[9] ?? "").replace('"seq"', deep))],
    ] as const) {
      await writeFile(broken, `${changed.join("\n")}\n`);
      const { code, stdout } = await check(broken);
      assert.deepEqual([code, stdout.startsWith(`${what} does not hold`)], [1, true], stdout);
    }
  });

  it("every byte flipped in turn, it notices each", async () => {
    const { stdout } = await python("-c", FLIPS, DOCS, file);
    const bytes = Buffer.byteLength(`${lines.join("\n")}\n`);
    assert.deepEqual(JSON.parse(stdout), { count: bytes, unnoticed: [] });
  });

  it("and so do we", async () => {
    let head: Head = EMPTY;
    const unnoticed: unknown[] = [];
    for (const [number, line] of lines.entries()) {
      const bytes = Buffer.from(`${line}\n`, "utf8");
      for (let index = 0; index < bytes.length; index += 1) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(index) ^ (1 + (((number + 1) * 31 + index) % 255)), index);
        if (await isNoticed(changed, head)) continue;
        unnoticed.push([number + 1, index]);
      }
      head = checkEntry(line, head).entry;
    }
    assert.deepEqual(unnoticed, []);
  });
});

async function isNoticed(changed: Buffer, head: Head): Promise<boolean> {
  try {
    const found: string[] = [];
    for await (const line of linesIn([changed])) found.push(line);
    for (const line of found) checkEntry(line, head);
    return found.length !== 1;
  } catch {
    return true;
  }
}
