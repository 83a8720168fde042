import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { CLOCK } from "../../src/domain/people.ts";
import { parseEntry, type Entry } from "../../src/ledger/entry.ts";
import { readOldHeads } from "../../src/ledger/old-heads.ts";
import { verify } from "../../src/ledger/verify.ts";
import { recordFacts } from "../../src/app/record-facts.ts";
import { momentsOf } from "../../src/web/record/moments.ts";
import { recordPage } from "../../src/web/record/record-page.ts";
import { spread } from "../../src/web/record/timeline.ts";
import { LIVES } from "../domain/lives.ts";
import { by, granted, ID, MINUTE, opened, SECOND, T0 } from "../domain/given.ts";
import { LedgerLines } from "../support/ledger-lines.ts";
import { FORGERIES, NAUGHTY } from "../support/naughty-strings.ts";
import { activity, factsOf, nameOf, reviewedLife } from "../support/record-scene.ts";

const EVIL = `</pre></style></svg></q><script>alert(1)</script><img src=x onerror=alert(1)>"'--><a href="https://evil.test">`;

/** Every tag of a page, by name, without its attributes. */
const tagsOf = (page: string) => [...page.matchAll(/<\/?([a-z!][\w-]*)/gi)].map(([, tag = ""]) => tag.toLowerCase());
const page = async (lines: LedgerLines, options = {}) => recordPage(await factsOf(lines, options), nameOf);
const textOf = (html: string) =>
  html
    .replaceAll(/<style>[\s\S]*?<\/style>/g, "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ");
/** Keys and signatures are random: three letters in a row may be any word. */
const withoutProofs = (html: string) => html.replaceAll(/[\w+/=-]{20,}/g, "");

describe("a request's record", () => {
  it("has all of it: who, why, each vote with its proof, the statements, the review, each entry and its place", async () => {
    const lines = await reviewedLife();
    const html = await page(lines, { statements: activity() });
    const text = textOf(html);
    for (const said of [
      "Alice Ng asked for owner on Orders database (production)",
      "INC-42 orders stuck after failover",
      "approved by Bob Ortiz, Carol Diaz (2 of 2), 46 s after it could be",
      "gone, and checked at the target 12.3 s later, after 1 try that failed (role removed, 2 connections closed)",
      "UPDATE 97, 97 rows",
      "refused (42501): permission denied for table users",
      "A dashboard of stuck orders",
      "build the dashboard",
    ])
      assert.ok(text.includes(said), said);
    assert.equal([...html.matchAll(/✓ Verified again/g)].length, 4, "each of the four confirmations");
    for (const entry of lines.entries.filter(({ request }) => request === ID)) {
      assert.ok(html.includes(`id="entry-${entry.seq}"`) && html.includes(entry.hash), `entry ${entry.seq}`);
      if (entry.type === "StepUpPassed") {
        const { evidence } = entry.data as { evidence: Record<string, string> };
        for (const part of ["credential", "clientDataHash", "signature", "authenticatorData"])
          assert.ok(html.includes(evidence[part] ?? "?"), part);
      }
    }
  });

  it("is the same, byte for byte, of the same ledger; and another of another", async () => {
    const lines = await reviewedLife();
    assert.equal(await page(lines), await page(lines));
    const grown = await page(lines, { size: lines.entries.length - 1 });
    assert.notEqual(grown, await page(lines));
    assert.match(textOf(grown), /15 of the 16 entries are among the 28 .*; 1 came after it was signed/);
  });

  it("says who ended access: a person, somebody on the server, or the program by a rule of what is unusual", async () => {
    for (const [actor, said] of [
      [by("bob"), "revoked by Bob Ortiz"],
      [{ via: "cli" }, "revoked by somebody on the server"],
      [CLOCK, "revoked by the program"],
    ] as const) {
      const lines = new LedgerLines().add(opened().event, ID, T0);
      for (const event of [...granted(10 * MINUTE)].map((each) => each.event)) lines.add(event, ID, T0 + SECOND);
      lines.add({ type: "RevokeStarted", actor, data: { cause: "ordered", endAt: T0 + MINUTE } }, ID, T0 + MINUTE);
      assert.ok(textOf(await page(lines)).includes(said), said);
    }
  });

  it("says that access was given only where the target said so", async () => {
    const [started, succeeded] = granted(10 * MINUTE);
    assert.ok(started && succeeded);
    const failed = { attempt: 1, code: "TARGET_REFUSED", problem: "No.", unknown: false };
    for (const [events, said] of [
      [[], "No access was given; nothing was left behind"],
      [[started.event], "It is not known that access was given; nothing is left"],
      [[started.event, { type: "GrantFailed", actor: CLOCK, data: failed }], "No access was given"],
      [[started.event, succeeded.event], "Access was given, and is gone"],
    ] as const) {
      const lines = new LedgerLines().add(opened().event, ID, T0);
      lines.add({ type: "ApprovalGiven", actor: by("bob"), data: { votes: 1, quorum: 1 } }, ID, T0);
      for (const event of events) lines.add(event, ID, T0 + SECOND);
      lines.add(
        { type: "RevokeStarted", actor: CLOCK, data: { cause: "deadline", endAt: T0 + MINUTE } },
        ID,
        T0 + MINUTE,
      );
      lines.add({ type: "RevokeSucceeded", actor: CLOCK, data: { lateMs: 0, attempt: 1, done: [] } }, ID, T0 + MINUTE);
      assert.ok(textOf(await page(lines)).includes(said), said);
    }
  });

  it("runs nothing and loads nothing, by its own policy", async () => {
    const html = await page(await reviewedLife(), { statements: activity() });
    const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(html) ?? [];
    const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html) ?? [];
    const hash = createHash("sha256").update(style).digest("base64");
    assert.equal(
      policy.replaceAll("&#39;", "'"),
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
    assert.ok(html.indexOf("Content-Security-Policy") < html.indexOf("<style>"));
    const found = new Set(tagsOf(html));
    for (const tag of ["script", "img", "link", "iframe", "object", "form", "base", "image", "use", "foreignobject"])
      assert.ok(!found.has(tag), tag);
    assert.doesNotMatch(html, /\s(on\w+|src|style|srcset|xlink:href)=/i);
    assert.deepEqual([...new Set([...html.matchAll(/\shref="([^"]*)"/g)].map(([, to = ""]) => to[0]))], ["#"]);
    assert.doesNotMatch(style, /@import|url\((?!"#)/);
  });

  it("keeps what people typed inert, wherever it stands", async () => {
    const [ran = assert.fail()] = activity(1);
    const saying = (text: string) => [
      { ...ran, sql: text, parameters: [text], from: text, ended: { ms: 1, error: { code: text, message: text } } },
    ];
    const typed = async (text: string) => {
      const lines = await reviewedLife({ prevention: text, followUp: text });
      // As it would not come through the door, which makes it inert too: here the page has to stand alone.
      lines.entries = lines.entries.map((entry) => {
        const { justification } = entry.notes ?? {};
        return justification === undefined ? entry : { ...entry, notes: { justification: { ...justification, text } } };
      });
      return tagsOf(await page(lines, { statements: saying(text) }));
    };
    const tame = await typed("tame");
    for (const text of [EVIL, ...FORGERIES, NAUGHTY.join(" ").slice(0, 1_900)])
      assert.deepEqual(await typed(text), tame, text.slice(0, 80));
  });

  it("says of an entry that it is not what was recorded, and of a note that it was erased", async () => {
    const lines = await reviewedLife();
    assert.doesNotMatch(await page(lines), /is not its hash|erased/);
    const change = (changed: (entry: Entry) => Entry) => {
      const other = new LedgerLines();
      other.entries = lines.entries.map((entry) => (entry.type === "ReviewSubmitted" ? changed(entry) : entry));
      return other;
    };
    assert.match(await page(change((entry) => ({ ...entry, at: "2026-11-23T11:00:00.000Z" }))), /is not its hash/);
    assert.match(await page(change((entry) => ({ ...entry, notes: {} }))), /erased: prevention, follow-up 1/);
  });

  it("says which confirmation doesn't hold, and doesn't vouch for what came after it", async () => {
    const lines = await reviewedLife();
    const forged = new LedgerLines();
    let isDone = false;
    forged.entries = lines.entries.map((entry) => {
      if (entry.type !== "StepUpPassed" || isDone) return entry;
      isDone = true;
      return { ...entry, data: { ...entry.data, nonce: "another" } };
    });
    const text = textOf(await page(forged));
    assert.match(text, /✗ Does not hold:/);
    assert.equal([...text.matchAll(/\? Not checked:/g)].length, 3);
    assert.doesNotMatch(text, /✓ Verified again/);
  });

  it("is a kept head of the ledger: verify holds the ledger against the file itself", async () => {
    const lines = await reviewedLife({ prevention: EVIL });
    const { heads, checkpoints } = readOldHeads(await page(lines));
    const own = lines.entries.filter(({ request }) => request === ID);
    assert.equal(checkpoints[0]?.size, lines.entries.length);
    const stand = heads.filter(({ root }) => root === undefined).map(({ size, hash }) => [size, hash]);
    assert.deepEqual(
      own.filter(({ seq, hash }) => !stand.some(([size, head]) => size === seq && head === hash)),
      [],
    );
    const ledger = lines.entries.map((entry) => JSON.stringify(entry));
    assert.equal((await verify(ledger, heads)).held?.problem, undefined);
  });

  it("shows the lines of the ledger letter for letter, so that each can be copied out of the file", async () => {
    const lines = await reviewedLife({ prevention: EVIL });
    const html = await page(lines);
    const own = lines.entries.filter(({ request }) => request === ID);
    const copied = html.split("\n").filter((line) => line.startsWith('{"v":1'));
    assert.deepEqual(copied.map(parseEntry), own);
  });

  for (const [name, life] of Object.entries(LIVES)) {
    it(`draws a request that ${name}`, async () => {
      const lines = new LedgerLines();
      for (const { after, event } of life) lines.add(event, ID, T0 + after);
      const html = await page(lines);
      assert.doesNotMatch(withoutProofs(html), /NaN|undefined|\[object|Infinity/);
      const [svg = ""] = /<svg[\s\S]*<\/svg>/.exec(html) ?? [];
      const xs = [...svg.matchAll(/\sx="(-?[\d.]+)"/g)].map(([, x]) => Number(x));
      assert.ok(
        xs.every((x) => x >= 0 && x <= 960),
        `outside of the picture: ${String(xs)}`,
      );
    });
  }

  it("shows what a later version wrote, though nothing here knows what it means", async () => {
    const lines = new LedgerLines().add(opened().event, ID, T0);
    const known = { ...lines.entries[0], seq: 2, type: "SomethingNew", data: { of: "<b>later</b>" } } as Entry;
    const facts = await recordFacts(ID, { entries: [...lines.entries, known], keys: [] });
    assert.ok(facts);
    assert.match(recordPage(facts, nameOf), /&lt;b&gt;later&lt;\/b&gt;[\s\S]*SomethingNew/);
    assert.equal(await recordFacts("BG-000000", { entries: [], keys: [] }), undefined);
  });

  it("names what was unusual at its top, and shows it on the picture and among the entries", async () => {
    const lines = new LedgerLines();
    for (const { after, event } of LIVES["with-what-was-run"]) lines.add(event, ID, T0 + after);
    const html = await page(lines);
    assert.match(textOf(html), /Unusual 4 anomalies : entry 9 , 10 , 11 , 12/);
    assert.match(html, /<g class="mark alarm">/);
    assert.match(textOf(html), /6 statements: 5 SELECT, 1 UPDATE of 97 rows in orders\. entry 6/);
  });

  it("puts numbers beside each other that would stand on top of each other, in order and within the picture", () => {
    for (const wanted of [
      [118, 118, 118, 119],
      [930, 935, 938, 938],
      Array.from({ length: 16 }, () => 500),
      [118, 938],
    ]) {
      const places = spread(wanted);
      assert.ok(
        places.every((place, index) => index === 0 || place - (places[index - 1] ?? 0) >= 25),
        String(places),
      );
      assert.ok((places[0] ?? 0) >= 108 && (places.at(-1) ?? 0) <= 948, String(places));
    }
  });

  it("numbers no more moments than can be told apart, and leaves out no turn for what went wrong beside it", async () => {
    const lines = new LedgerLines().add(opened().event, ID, T0);
    for (let index = 1; index <= 40; index += 1)
      lines.add(
        { type: "StepUpFailed", actor: by("carol"), data: { action: "approve", problem: "The signature is wrong." } },
        ID,
        T0 + index * SECOND,
      );
    lines.add({ type: "RequestLapsed", actor: CLOCK, data: {} }, ID, T0 + 1_800_000);
    const moments = momentsOf(await factsOf(lines), nameOf);
    assert.equal(moments.length, 16);
    assert.equal(moments.at(-1)?.what, "lapsed: nobody decided");
  });
});
