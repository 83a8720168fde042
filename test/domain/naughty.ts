import { createRequire } from "node:module";
import { z } from "zod";

const LONG = 10_000;
const blns: unknown = createRequire(import.meta.url)("big-list-of-naughty-strings");

/** What people (and their clipboards) type: the Big List of Naughty Strings, and texts of 10,000 characters. */
export const NAUGHTY: readonly string[] = [
  ...z.array(z.string()).min(400).parse(blns),
  ..."x 😀\u202e\ud800<@é\u0301".split("").map((unit) => unit.repeat(LONG)),
  "<!channel>".repeat(LONG / 10),
  "😀".repeat(LONG / 2),
  "a ".repeat(LONG / 2),
];

/** What could harm a reader: control and direction characters, half characters, more than one line. */
export const HARMFUL = /[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b\u2028\u2029]|[\ud800-\udbff](?![\udc00-\udfff])/u;
