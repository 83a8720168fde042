import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Encrypter } from "age-encryption";
import fc from "fast-check";
import { openOffline, type OpenOptions } from "../../src/cli/offline-open.ts";
import { CodedError, type Code } from "../../src/errors.ts";
import { isSignedBy, readJournal, writeOpening } from "../../src/vault/offline/journal.ts";
import { fromPublicText } from "../../src/vault/offline/offline-keys.ts";
import { joinShares, makeExport, type SealedExport } from "../../src/vault/offline/sealed-export.ts";
import { shareSheet } from "../../src/vault/offline/share-sheet.ts";
import { readShares, writeShare } from "../../src/vault/offline/share-text.ts";
import { plainIo } from "../support/plain-io.ts";

const coded =
  (code: Code, message = /./) =>
  (error: unknown) =>
    error instanceof CodedError && error.code === code && message.test(`${error.message} ${error.next}`);
const ACCOUNTS = [
  {
    account: "aws-root",
    generation: 3,
    clear: { user: "root@acme.test", password: "canary-aws", connect: "aws login" },
  },
  { account: "firewall", generation: 1, clear: { user: "admin", password: "canary-fw" } },
];
const exported = () => makeExport(ACCOUNTS, { shares: 5, threshold: 3, at: Date.now(), random: randomBytes });

describe("a share on paper", () => {
  it("is read as it was written, in small letters too, with O for 0 and I or L for 1, whatever stands around it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 33, maxLength: 33 }), (bytes) => {
        const share = { export: "0a1b2c3d", bytes, version: 2 as const };
        const lines = writeShare(share);
        assert.equal(lines.length, 4);
        assert.ok(lines.every((line) => line.length <= 30));
        const typed = lines.map((line) =>
          line.toLowerCase().replace(/0/g, "o").replace(/1/g, "l").replace(/^l:/, "1:"),
        );
        assert.deepEqual(readShares(["SHARE", ...typed, "", ...lines].join("\n")), [share, share]);
      }),
    );
  });

  it("tells in which line a typing error is, for each letter that could be wrong", () => {
    const lines = writeShare({ export: "0a1b2c3d", bytes: Buffer.alloc(33, 0x5a), version: 2 });
    let missed = 0;
    let tried = 0;
    for (const [index, line] of lines.entries()) {
      for (const at of [3, 4, 8, line.length - 4, line.length - 1]) {
        for (const letter of "0123456789ABCDEFGHJKMNPQRSTVWXYZ") {
          if (line[at] === letter || line[at] === " ") continue;
          const typed = lines.with(index, line.slice(0, at) + letter + line.slice(at + 1)).join("\n");
          tried += 1;
          try {
            readShares(typed);
            missed += 1;
          } catch (error) {
            assert.ok(coded("SHARE_INVALID", new RegExp(`Line ${index + 1} of a share`))(error));
          }
        }
      }
    }
    assert.ok(tried > 400 && missed <= tried / 100, `${missed} of ${tried} went unseen`);
    assert.throws(() => readShares(lines.slice(0, 3).join("\n")), coded("SHARE_INVALID", /3 of its 4 lines/));
    assert.throws(() => readShares(lines.toReversed().join("\n")), coded("SHARE_INVALID", /in their order/));
  });

  it("fits on one page, and says what it is, of what, how many it takes, and what to do", async () => {
    const { manifest, shares } = await exported();
    const [share] = shares;
    assert.ok(share);
    const lines = shareSheet(manifest, share, 1).split("\n");
    assert.ok(lines.length <= 60 && lines.every((line) => line.length <= 72));
    const sheet = lines.join("\n");
    assert.match(sheet, /SHARE 1 OF 5 .* EXPORT [0-9a-f]{8} .* \d{4}-\d\d-\d\d/);
    assert.match(sheet, /Any 3 of the 5/);
    assert.match(sheet, /aws-root \(root@acme\.test, generation 3\)/);
    assert.match(sheet, /breakglass offline open/);
    assert.doesNotMatch(sheet, /canary/);
    assert.deepEqual(readShares(sheet), [share]);
  });
});

describe("the day when nothing runs", () => {
  let dir: string;
  let made: SealedExport;
  const sheetOf = (number: number) => join(dir, `share-${number}.txt`);
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-offline-"));
    made = await exported();
    await writeFile(join(dir, "export.json"), JSON.stringify(made.manifest));
    for (const [name, bytes] of made.files) await writeFile(join(dir, name), bytes);
    for (const [index, share] of made.shares.entries())
      await writeFile(sheetOf(index + 1), shareSheet(made.manifest, share, index + 1));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function open(numbers: readonly number[], changed: Partial<OpenOptions> = {}, piped = "") {
    const io = plainIo({});
    const options = { account: "aws-root", who: "Carol Diaz", why: "INC-42, all is down", ...changed };
    const share = numbers.map(sheetOf);
    const asker = { ask: undefined, piped: () => Promise.resolve(piped) };
    await openOffline(io, dir, { share, ...options }, asker);
    return io;
  }

  it("holds no secret in the clear", async () => {
    for (const name of ["export.json", "aws-root.age", "firewall.age"])
      assert.doesNotMatch(await readFile(join(dir, name), "latin1"), /canary/);
  });

  for (const numbers of [
    [1, 2, 3],
    [5, 3, 1],
    [2, 4, 5],
    [1, 2, 3, 4, 5],
  ])
    it(`the shares ${numbers.join(", ")} open it, and that is written first`, async () => {
      const journal = join(dir, `journal-${numbers.join("")}.jsonl`);
      const io = await open(numbers, { journal });
      assert.deepEqual(io.results, ["user: root@acme.test", "password: canary-aws", "connect: aws login"]);
      const [opening, ...more] = await readJournal(journal, "must be there");
      assert.ok(opening && more.length === 0);
      const { account, generation, shares, who, why } = opening;
      assert.deepEqual(
        { account, generation, shares, who, why },
        {
          ...{ account: "aws-root", generation: 3, shares: numbers.toSorted((one, other) => one - other) },
          ...{ who: "Carol Diaz", why: "INC-42, all is down" },
        },
      );
      assert.ok(isSignedBy(opening, fromPublicText(made.manifest.publicKey)));
      assert.ok(!isSignedBy({ ...opening, hash: "0".repeat(64) }, fromPublicText(made.manifest.publicKey)));
      assert.doesNotMatch(await readFile(journal, "utf8"), /canary/);
    });

  it("says how many are missing, which is wrong, and which is of another export", async () => {
    await assert.rejects(open([1]), coded("SHARE_INVALID", /1 of the 3 .* 2 more are needed.* Any 3 of the 5/));
    await assert.rejects(open([1, 2]), coded("SHARE_INVALID", /one more is needed/));
    await assert.rejects(open([1, 2, 2]), coded("SHARE_INVALID", /The same share twice counts once/));
    const other = await exported();
    const [foreign] = other.shares;
    assert.ok(foreign);
    const typed = writeShare(foreign).join("\n");
    const isForeign = coded("SHARE_INVALID", new RegExp(`of the export ${other.manifest.export}, and this is`));
    await assert.rejects(open([1, 2], {}, typed), isForeign);
    const wrong = writeShare({ export: made.manifest.export, bytes: randomBytes(33), version: 2 }).join("\n");
    await assert.rejects(open([1, 2], {}, wrong), coded("SHARE_INVALID", /Share 3 .* is wrong/));
    const mistyped = join(dir, "mistyped.txt");
    await writeFile(
      mistyped,
      (await readFile(sheetOf(3), "utf8")).replace(
        /^(\s*2: .*)(.)$/m,
        (_line, rest: string, last: string) => rest + (last === "0" ? "1" : "0"),
      ),
    );
    const share = [sheetOf(1), mistyped, sheetOf(2)];
    await assert.rejects(open([], { share }), coded("SHARE_INVALID", /mistyped\.txt: Line 2 of a share does not fit/));
    await assert.rejects(open([1, 2, 3], { account: "aws-rot" }), coded("SEALED_UNKNOWN", /Did you mean aws-root/));
    await assert.rejects(open([1, 2, 3], { account: undefined }), coded("SEALED_UNKNOWN", /aws-root, firewall/));
  });

  it("takes what is typed at a terminal, line by line, and asks again for a line with an error", async () => {
    const io = plainIo({});
    const lines = made.shares
      .slice(0, 3)
      .flatMap(writeShare)
      .map((line) => line.slice(3).toLowerCase());
    const mistyped = lines[0]?.replace(/^./, (char) => (char === "0" ? "2" : "0")) ?? "";
    // The first holder's sheet goes round twice.
    const answers = [mistyped, ...lines.slice(0, 4), ...lines, "Carol", "a drill"];
    const asked: string[] = [];
    const ask = (question: string) => {
      asked.push(question);
      return Promise.resolve(answers.shift() ?? assert.fail("asked too often"));
    };
    const journal = join(dir, "typed.jsonl");
    await openOffline(io, dir, { share: [], account: "firewall", journal }, { ask, piped: () => assert.fail() });
    assert.deepEqual(asked.slice(0, 3), ["1: ", "1: ", "2: "]);
    assert.match(io.talked.join("\n"), /error: Line 1 of a share does not fit the two letters at its end/);
    assert.match(io.talked.join("\n"), /error: that share is there already: each counts once/);
    assert.deepEqual(io.results, ["user: admin", "password: canary-fw"]);
  });

  it("shows nothing when it isn't said who and why, or that can't be written", async () => {
    const refused = async (code: Code, changed: Partial<OpenOptions>) => {
      const io = plainIo({});
      const options = { account: "aws-root", who: "Carol", why: "INC-42", share: [1, 2, 3].map(sheetOf), ...changed };
      const asker = { ask: undefined, piped: () => Promise.resolve("") };
      await assert.rejects(openOffline(io, dir, options, asker), coded(code));
      assert.deepEqual(io.results, []);
    };
    await refused("BAD_USAGE", { who: " " });
    await refused("BAD_USAGE", { why: undefined });
    await refused("OFFLINE_JOURNAL", { journal: join(dir, "nowhere", "journal.jsonl") });
    const altered = join(dir, "altered.jsonl");
    await open([1, 2, 3], { journal: altered });
    await open([1, 2, 4], { journal: altered });
    assert.deepEqual(
      (await readJournal(altered, "must be there")).map(({ seq }) => seq),
      [1, 2],
    );
    const text = await readFile(altered, "utf8");
    for (const wrong of [text.replace("Carol", "Mallo"), text.split("\n").slice(1).join("\n"), text.slice(0, -9)]) {
      await writeFile(altered, wrong);
      await refused("OFFLINE_JOURNAL", { journal: altered });
    }
  });

  it("shows nothing where somebody put a line of their own before it: it could not be merged", async () => {
    const journal = join(dir, "planted.jsonl");
    const { manifest } = made;
    const opening = { at: new Date().toISOString(), export: manifest.export, account: "firewall", generation: 1 };
    const own = generateKeyPairSync("ed25519").privateKey;
    await writeOpening(journal, { ...opening, shares: [1, 2, 3], who: "Mallory", why: "x" }, own);
    await assert.rejects(
      open([1, 2, 3], { journal }),
      coded("OFFLINE_JOURNAL", /Line 1 .* nobody with enough shares wrote it.* name another: --journal/),
    );
    await open([1, 2, 3], { journal: join(dir, "another.jsonl") });
  });

  it("does not take another file for an account's, nor an altered one", async () => {
    const copy = join(dir, "copy");
    await mkdir(copy);
    await writeFile(join(copy, "export.json"), JSON.stringify(made.manifest));
    const own = made.files.get("aws-root.age") ?? assert.fail();
    const altered = Buffer.from(own);
    altered.writeUInt8(altered.readUInt8(altered.length - 1) ^ 1, altered.length - 1);
    for (const bytes of [altered, made.files.get("firewall.age") ?? assert.fail(), Buffer.from("no age file")]) {
      await writeFile(join(copy, "aws-root.age"), bytes);
      const options = { account: "aws-root", who: "Carol", why: "INC-42", share: [1, 2, 3].map(sheetOf) };
      const opening = openOffline(plainIo({}), copy, options, { ask: undefined, piped: () => Promise.resolve("") });
      await assert.rejects(opening, coded("SEAL_BROKEN"));
    }
  });

  it("does not take a file that somebody else encrypted to the same recipient; sheets of old exports still open theirs", async () => {
    const { manifest, shares } = made;
    const encrypter = new Encrypter();
    encrypter.addRecipient(manifest.recipient);
    const content = { account: "aws-root", generation: 3, user: "root@acme.test", password: "x", connect: "ssh evil" };
    const file = await encrypter.encrypt(JSON.stringify(content));
    const opener = await joinShares(manifest, shares);
    await assert.rejects(opener.open("aws-root", file), coded("SEAL_BROKEN"));
    const forged = await encrypter.encrypt(JSON.stringify({ ...content, proof: Buffer.alloc(32).toString("base64") }));
    await assert.rejects(opener.open("aws-root", forged), coded("SEAL_BROKEN"));
    const own = made.files.get("aws-root.age") ?? assert.fail();
    assert.equal((await opener.open("aws-root", own)).password, "canary-aws");
    const old = await joinShares(
      manifest,
      shares.map((share) => ({ ...share, version: 1 as const })),
    );
    assert.equal((await old.open("aws-root", file)).password, "x");
  });

  it("writes nothing of a changed list of accounts to the terminal", async () => {
    const copy = join(dir, "changed");
    await mkdir(copy);
    const changes = [
      { accounts: [{ ...made.manifest.accounts[0], account: "\u001b]0;evil\u0007" }] },
      { threshold: 1 },
    ];
    for (const change of changes) {
      await writeFile(join(copy, "export.json"), JSON.stringify({ ...made.manifest, ...change }));
      const options = { account: "aws", who: "Carol", why: "INC-42", share: [1, 2, 3].map(sheetOf) };
      const opening = openOffline(plainIo({}), copy, options, { ask: undefined, piped: () => Promise.resolve("") });
      await assert.rejects(opening, coded("SEAL_BROKEN", /export\.json is damaged/));
    }
  });
});
