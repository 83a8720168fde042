import { createHash } from "node:crypto";
import { base32crockford } from "@scure/base";
import { CodedError } from "../../errors.ts";

/** A share as somebody keeps it: of which export, and its bytes. */
export interface Share {
  /** The export's name, 8 hex digits. */
  readonly export: string;
  readonly bytes: Uint8Array;
  /** 1: of an export whose files hold no proof. */
  readonly version: (typeof VERSIONS)[number];
}

const VERSIONS = [1, 2] as const;
const HEAD_BYTES = 5;
/** A share of 32 bytes, and its place. */
const SHARE_BYTES = 33;
const LINE = 16;
const CHECK = 2;
const LINES = 4;

/**
 * A share as lines that a person can type: Crockford's base32 in groups of four, each line with two letters at its end by which a
 * typing error in it is found.
 *
 * @returns `1: 0G4K 9Q2M 7XTB 3ZAH  R7`, four of them
 */
export function writeShare({ export: name, bytes, version }: Share): string[] {
  const text = base32crockford.encode(Buffer.concat([Buffer.from([version]), Buffer.from(name, "hex"), bytes]));
  const plain = text.replaceAll("=", "");
  return Array.from({ length: LINES }, (_, index) => {
    const chars = plain.slice(index * LINE, (index + 1) * LINE);
    return `${index + 1}: ${(chars.match(/.{1,4}/g) ?? []).join(" ")}  ${checkOf(chars, index + 1)}`;
  });
}

/**
 * The shares in a text: sheets, or what somebody typed of them. Small letters, `O` for `0`, and `I` or `L` for `1` are read as meant.
 *
 * @param text - lines with their number before them, each share's from 1 to 4; other lines are passed over
 * @throws `SHARE_INVALID` that names the line with the typing error
 */
export function readShares(text: string): Share[] {
  const found: string[][] = [];
  for (const line of text.split("\n")) {
    const [, nth, chars = ""] = /^\s*([1-4])\s*:([0-9A-Za-z \t-]+)$/.exec(line.trimEnd()) ?? [];
    if (nth === undefined) continue;
    const at = Number(nth);
    if (at === 1) found.push([]);
    const share = found.at(-1);
    if (share?.length !== at - 1)
      throw invalid(
        `Line ${at} of a share does not come after line ${at - 1}.`,
        "Give each share's four lines in their order.",
      );
    share.push(lineOf(chars, at));
  }
  return found.map((lines, index) => shareOf(lines, index + 1));
}

/** One line, without its check. @throws `SHARE_INVALID` */
export function lineOf(typed: string, nth: number): string {
  const chars = typed.replace(/[\s-]/g, "").toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
  const plain = chars.slice(0, -CHECK);
  if (/^[0-9A-HJKMNP-TV-Z]+$/.test(plain) && chars.slice(-CHECK) === checkOf(plain, nth)) return plain;
  throw invalid(
    `Line ${nth} of a share does not fit the two letters at its end.`,
    "There is a typing error in that line: compare it with the sheet.",
  );
}

function shareOf(lines: readonly string[], nth: number): Share {
  if (lines.length !== LINES)
    throw invalid(`The ${ordinal(nth)} share has ${lines.length} of its ${LINES} lines.`, "Type all four.");
  let bytes: Uint8Array;
  try {
    bytes = base32crockford.decode(lines.join(""));
  } catch {
    bytes = new Uint8Array();
  }
  const version = VERSIONS.find((each) => each === bytes[0]);
  if (bytes.length !== HEAD_BYTES + SHARE_BYTES || version === undefined)
    throw invalid(`The ${ordinal(nth)} share is of no form that is known here.`, "Are all four lines of one sheet?");
  const name = Buffer.from(bytes.subarray(1, HEAD_BYTES)).toString("hex");
  return { export: name, bytes: bytes.slice(HEAD_BYTES), version };
}

function checkOf(chars: string, nth: number): string {
  const digest = createHash("sha256").update(`breakglass share, line ${nth}: ${chars}`).digest();
  return base32crockford.encode(digest).slice(0, CHECK);
}

function ordinal(nth: number): string {
  return ["first", "second", "third", "fourth", "fifth"][nth - 1] ?? `${nth}th`;
}

export function invalid(message: string, next: string): CodedError {
  return new CodedError("SHARE_INVALID", message, { next });
}
