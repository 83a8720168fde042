import type { Manifest } from "./sealed-export.ts";
import { writeShare, type Share } from "./share-text.ts";

/**
 * A share on a sheet of paper: which it is, of what, how many it takes, and how it is used. Plain text, 72 characters wide, one page.
 *
 * @param number - from 1
 */
export function shareSheet(manifest: Manifest, share: Share, number: number): string {
  const { export: name, shares, threshold, at, accounts } = manifest;
  const rule = "-".repeat(72);
  return [
    `BREAKGLASS  -  SHARE ${number} OF ${shares}  -  EXPORT ${name}  -  ${at.slice(0, 10)}`,
    rule,
    "",
    ...writeShare(share).map((line) => `      ${line}`),
    "",
    rule,
    "",
    `Any ${threshold} of the ${shares} shares together open these accounts:`,
    "",
    ...accounts.map(({ account, user, generation }) => `  - ${account} (${user}, generation ${generation})`),
    "",
    "Keep this sheet where only its holder can take it, apart from the others",
    "and from the export's folder. One sheet alone opens nothing.",
    "",
    "When chat, Redis and the service are all down:",
    "",
    "  - Bring the export's folder to a machine that has breakglass.",
    "    It needs no network.",
    "  - breakglass offline open FOLDER ACCOUNT",
    `  - ${threshold} holders type their four lines each. Capital or small letters`,
    "    are the same; so are O and 0, and I, L and 1. The last two letters",
    "    of a line find typing errors in it.",
    "  - It asks who opens it and why, writes that down, and then shows the",
    "    password.",
    "  - When the service is back: breakglass offline merge",
    "    FOLDER/offline-ledger.jsonl. The account counts as burnt: rotate it.",
    "",
    "A new export makes this sheet useless for what is rotated after it.",
    "",
  ].join("\n");
}
