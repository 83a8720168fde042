import { createRequire } from "node:module";
import { z } from "zod";

/** The Big List of Naughty Strings, each as it stands there. */
export const NAUGHTY = z.array(z.string()).parse(createRequire(import.meta.url)("big-list-of-naughty-strings"));

/** Chat's own ways to call people and to forge links, which the list doesn't know. */
export const FORGERIES = [
  "<!channel> <!here> <!everyone>",
  "<@U0MALLORY>",
  "<!subteam^S0DBA>",
  "<https://evil.test|https://runbooks.acme.test>",
  "&lt;!channel&gt;",
  "@channel @here @everyone",
  "``` <!channel> ```",
  "*bold* _italic_ ~gone~ `code`",
  "<!date^1^{date}|forged>",
  "\n> quoted\n• a line of its own\n🔴 BG-7K3M2Q · Carol Diaz approved.",
  "\u202egnp.exe",
];

/**
 * All of them, many together, so that whole-bot tests can afford the list.
 *
 * @param length - characters a text has at most
 */
export function packed(length: number): string[] {
  return [...FORGERIES, ...NAUGHTY].reduce<string[]>((texts, each) => {
    const last = texts.at(-1);
    if (last === undefined || last.length + each.length + 1 > length) return [...texts, `x ${each}`];
    return [...texts.slice(0, -1), `${last} ${each}`];
  }, []);
}
