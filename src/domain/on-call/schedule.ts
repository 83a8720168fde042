import { parseDocument } from "yaml";
import { z } from "zod";
import { readForm } from "../policy/form.ts";
import { instantOf, isZone, parseWall, wallOf } from "./zone-time.ts";

const DAY_MS = 86_400_000;
/** A few lines of aliases can stand for billions of values. */
const ALIASES_MAX = 100;

const wall = z
  .string()
  .meta({ description: "2026-03-29 09:00" })
  .transform((text, context) => {
    const read = parseWall(text);
    if (read !== undefined) return read;
    context.addIssue({
      code: "custom",
      message: "A time is a day and an hour that there are, such as 2026-03-29 09:00.",
    });
    return z.NEVER;
  });

/** Who takes turns, and when the first one begins. */
const rotation = z.strictObject({
  people: z.array(z.string().min(1)).min(1).max(200),
  start: wall,
  days: z.int().min(1).max(366).default(7),
});

/** Who is on call for once, in the place of all rotations. */
const shift = z
  .strictObject({ person: z.string().min(1), from: wall, to: wall })
  .refine(({ from, to }) => from < to, "A shift ends after it begins.");

const schema = z
  .strictObject({
    timeZone: z.string().refine(isZone, "A time zone is a name such as Europe/Berlin, America/New_York or UTC."),
    rotations: z.array(rotation).max(20).default([]),
    shifts: z.array(shift).max(2_000).default([]),
  })
  .refine(
    ({ rotations, shifts }) => rotations.length + shifts.length > 0,
    "Nobody is ever on call: add rotations or shifts.",
  );

/** A schedule file, as read. */
export type Schedule = z.output<typeof schema>;

/** Everybody a schedule names. */
export function namedIn({ rotations, shifts }: Schedule): string[] {
  return [...new Set([...rotations.flatMap(({ people }) => people), ...shifts.map(({ person }) => person)])];
}

/** Reads a schedule file's text; or says what is wrong with it, `shifts.0.to: …`. */
export function parseSchedule(text: string): { readonly schedule: Schedule } | { readonly problem: string } {
  const document = parseDocument(text, { uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) return { problem: (error.message.split("\n")[0] ?? "it is not YAML").replace(/:$/, "") };
  let written: unknown;
  try {
    written = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch {
    return { problem: `an alias (*name) stands for nothing, or aliases for more than ${ALIASES_MAX} values` };
  }
  const read = readForm(schema, written);
  if ("data" in read) return { schedule: read.data };
  const [first] = read.problems;
  const where = first?.path.map(String).join(".") ?? "";
  return { problem: `${where === "" ? "" : `${where}: `}${first?.message ?? "it can't be read"}` };
}

/**
 * Who is on call: those of the shifts that cover this moment; where there is none, whose turn it is in each rotation. A turn begins at
 * the same hour by the clocks of the schedule's zone, also across the days on which they are changed.
 *
 * @param at - epoch milliseconds
 */
export function onCallAt({ timeZone, rotations, shifts }: Schedule, at: number): string[] {
  const wall = wallOf(at, timeZone);
  // Clocks differ from time by less than a day: of thousands of shifts few are looked at closely.
  const near = shifts.filter(({ from, to }) => from - DAY_MS <= wall && wall < to + DAY_MS);
  const covering = near.filter(({ from, to }) => instantOf(from, timeZone) <= at && at < instantOf(to, timeZone));
  if (covering.length > 0) return [...new Set(covering.map(({ person }) => person))];
  return [...new Set(rotations.flatMap((each) => turnOf(each, timeZone, at) ?? []))];
}

function turnOf({ people, start, days }: z.output<typeof rotation>, zone: string, at: number): string | undefined {
  const lengthMs = days * DAY_MS;
  const begins = (turn: number) => instantOf(start + turn * lengthMs, zone);
  // By the clocks alone it may be the turn before or after: for an hour, on the day that they are changed.
  let turn = Math.floor((wallOf(at, zone) - start) / lengthMs) + 1;
  while (turn >= 0 && begins(turn) > at) turn--;
  return turn < 0 ? undefined : people[turn % people.length];
}
