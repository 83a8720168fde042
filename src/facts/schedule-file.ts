import { readFile, stat } from "node:fs/promises";
import { namedIn, onCallAt, parseSchedule } from "../domain/on-call/schedule.ts";
import { Unreadable, type OnCall } from "./reading.ts";

const FILE_MAX = 1_000_000;

/**
 * Who is on call by a schedule file.
 *
 * @param path - where it is
 * @param name - as the policy writes it, which is what people are told
 * @param people - the people of the policy: a name that is nobody's is a mistake of the file
 * @param now - epoch milliseconds
 * @throws {@link Unreadable}
 */
export async function fileOnCall(
  { path, name }: { readonly path: string; readonly name: string },
  people: Readonly<Record<string, unknown>>,
  now: number,
  signal: AbortSignal,
): Promise<OnCall[]> {
  let text: string;
  try {
    const found = await stat(path);
    // A pipe would be waited for, and takes one of the few threads that all file work shares.
    if (!found.isFile() || found.size > FILE_MAX) throw new Error("it is no file of a schedule's size");
    text = await readFile(path, { encoding: "utf8", signal });
  } catch (cause) {
    throw new Unreadable(`${name} can't be read`, { cause });
  }
  const read = parseSchedule(text);
  if ("problem" in read) throw new Unreadable(`${name} has a mistake: ${read.problem.replace(/\.$/, "")}`);
  const stranger = namedIn(read.schedule).find((each) => !Object.hasOwn(people, each));
  if (stranger !== undefined) throw new Unreadable(`${name} names ${stranger}, who is nobody of the policy`);
  return onCallAt(read.schedule, now).map((person) => ({ person }));
}
