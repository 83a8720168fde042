import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrameScanner } from "../../src/gateway/frame-scanner.ts";
import { message } from "../../src/gateway/wire.ts";

const frames = fc.array(
  fc.record({
    letter: fc.constantFrom("A", "B", "C"),
    body: fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each)),
  }),
  { maxLength: 12 },
);

/** Of A nothing is wanted, of B all, of C the first ten bytes. */
const WANTED: Readonly<Record<string, number>> = { A: 0, B: 1_000, C: 10 };

/** Scans pieces as a session does: what may be let go, and what was told before it was. */
function scan(pieces: readonly Buffer[]) {
  const events: string[] = [];
  const scanner = new FrameScanner({
    begins: (type) => WANTED[String.fromCharCode(type)] ?? 0,
    has: (type, body, length) => events.push(`${String.fromCharCode(type)} ${body.toString("hex")} of ${length}`),
  });
  const held: Buffer[] = [];
  const passed: Buffer[] = [];
  for (const piece of pieces) {
    const upTo = scanner.scan(piece);
    if (upTo > 0) {
      passed.push(...held.splice(0), piece.subarray(0, upTo));
      events.push(`passed ${Buffer.concat(passed).length}`);
    }
    if (upTo < piece.length) held.push(piece.subarray(upTo));
  }
  return { events, passed: Buffer.concat(passed), scanner };
}

describe("the messages in a stream", () => {
  it("are found in whatever pieces it comes, and none is passed on before it was told", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat({ max: 60 }), { maxLength: 20 }), (sent, cuts) => {
        const stream = Buffer.concat(sent.map(({ letter, body }) => message(letter, body)));
        const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
        const pieces = places.slice(1).map((end, nth) => stream.subarray(places[nth], end));
        const { events, passed, scanner } = scan(pieces);
        assert.deepEqual(passed, stream);
        assert.ok(scanner.atBoundary);
        const told = events.filter((each) => !each.startsWith("passed"));
        const expected = sent
          .filter(({ letter, body }) => letter !== "A" || body.length === 0)
          .map(({ letter, body }) => {
            const wanted = body.subarray(0, WANTED[letter]);
            return `${letter} ${wanted.toString("hex")} of ${body.length}`;
          });
        assert.deepEqual(told, expected);
        // Where a message of B ends, no more than what stands before it was passed on before it was told.
        let at = 0;
        for (const { letter, body } of sent) {
          const begins = at;
          at += 5 + body.length;
          if (letter !== "B") continue;
          const index = events.indexOf(`B ${body.toString("hex")} of ${body.length}`);
          const before = events.slice(0, index).findLast((each) => each.startsWith("passed"));
          // The same body may stand there twice; then the first is meant, and this only says less.
          if (before !== undefined)
            assert.ok(Number(before.slice(7)) <= begins, `${before}, and it begins at ${begins}`);
        }
      }),
    );
  });

  it("end with a length that can't be", () => {
    assert.throws(() => scan([Buffer.from([0x51, 0, 0, 0, 3])]), RangeError);
  });
});
