import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { checkpointText, parseCheckpoint } from "../../src/ledger/checkpoint.ts";
import { noteKey, parseNote, parseVkey, signedBy, writeNote, writeVkey } from "../../src/ledger/note.ts";

/** The example of Go's golang.org/x/mod/sumdb/note, where the format comes from. */
const PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const KNOWN =
  "If you think cryptography is the answer to your problem,\n" +
  "then you don't know what your problem is.\n\n" +
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

const signer = (name: string) => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { privateKey, key: noteKey(name, publicKey) };
};

describe("a signed note", () => {
  it("is what others write", () => {
    const key = parseVkey(PETER) ?? assert.fail();
    const note = parseNote(KNOWN) ?? assert.fail();
    assert.equal(signedBy(note, key), "yes");
    assert.equal(writeVkey(key), PETER);
    const other = parseNote(KNOWN.replace("answer", "cipher")) ?? assert.fail();
    assert.equal(signedBy(other, key), "no");
  });

  it("is signed by each key it was signed with, and by no other", () => {
    const [one, other, stranger] = [signer("log/a"), signer("log/a"), signer("log/b")];
    const note = parseNote(writeNote("some\n\ntext\n", [one, other])) ?? assert.fail();
    assert.equal(note.text, "some\n\ntext\n");
    assert.deepEqual(
      [one, other, stranger].map(({ key }) => signedBy(note, key)),
      ["yes", "yes", "absent"],
    );
  });

  it("is none with anything else in it", () => {
    const good = writeNote("text\n", [signer("log")]);
    for (const bad of ["", "text\n", good.slice(0, -1), `${good}x\n`, good.replace("—", "-"), good.replace("t", "\t")])
      assert.equal(parseNote(bad), undefined, bad);
    for (const bad of ["", PETER.replace("c74f", "c74e"), PETER.replace("+A", "+B"), `${PETER}AA`, "a+b+c"])
      assert.equal(parseVkey(bad), undefined, bad);
  });

  it("carries a checkpoint", () => {
    const root = Buffer.alloc(32, 7);
    const text = checkpointText({ origin: "log", size: 12, root });
    assert.equal(text, `log\n12\n${root.toString("base64")}\n`);
    const read = parseCheckpoint(writeNote(text, [signer("log")])) ?? assert.fail();
    assert.deepEqual([read.origin, read.size, read.root], ["log", 12, root]);
    for (const bad of [text.replace("12", "012"), text.replace("12", "-1"), text.replace("Bw", "B"), `\n${text}`])
      assert.equal(parseCheckpoint(writeNote(bad, [signer("log")])), undefined, bad);
  });
});
