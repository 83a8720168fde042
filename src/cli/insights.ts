import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InsightsMaker, picturesOf, timeZoneOf } from "../app/insights.ts";
import { UseStore } from "../app/use-store.ts";
import { Uses } from "../app/uses.ts";
import { insightsText } from "../cards/insights-text.ts";
import type { Insights } from "../domain/insights/insights.ts";
import { dayBegins, DAYS, DAYS_MAX, daysOf, lastDays, type Window } from "../domain/insights/window.ts";
import { CodedError } from "../errors.ts";
import { plain } from "../slack/mrkdwn.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { namesIn, policyOf } from "./policy-names.ts";
import { withLedger } from "./with-ledger.ts";

/** `breakglass insights`: how access was used, as text, as JSON, or in pictures. */
export async function showInsights(
  io: Io,
  target: string | undefined,
  options: { readonly since?: string; readonly json?: boolean; readonly png?: string },
): Promise<ExitCode> {
  const about = targetOf(target);
  const policy = await policyOf(io);
  const window = { ...since(options.since, Date.now(), timeZoneOf(policy)), target: about };
  const insights = await withLedger(io, async (ledger, _config, redis) => {
    const uses = new Uses(ledger, new UseStore(redis), () => Promise.resolve());
    const directory = {
      standing: () => Promise.resolve({ kind: "unknown" as const }),
      groupMembers: () => Promise.resolve(undefined),
    };
    return await new InsightsMaker({ ledger, uses, policy: () => policy, directory, now: Date.now }).of(window);
  });
  const names = namesIn(policy);
  if (options.json === true)
    io.result(
      JSON.stringify(
        forPrograms(insights, (text) => plain(text, names)),
        null,
        2,
      ),
    );
  else for (const line of insightsText(insights)) io.result(plain(line, names));
  if (options.png !== undefined) await draw(io, insights, options.png);
  return 0;
}

async function draw(io: Io, insights: Insights, dir: string): Promise<void> {
  const pictures = await picturesOf(insights);
  await mkdir(dir, { recursive: true }).catch(unwritable(dir));
  for (const { name, bytes } of pictures) {
    const path = join(dir, `${name}.png`);
    await writeFile(path, bytes).catch(unwritable(path));
    io.talk(`drawn: ${path}`);
  }
  if (pictures.length === 0) io.talk("there is nothing to draw");
}

function unwritable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new CodedError("BAD_USAGE", `${path} can't be written.`, {
      next: "Name a folder that can be, with --png.",
      cause,
    });
  };
}

/** `30d`, or a day: `2026-10-01`. */
function since(text: string | undefined, now: number, timeZone: string): Omit<Window, "target"> {
  if (text === undefined) return lastDays(now, DAYS, timeZone);
  const unusable = (what: string) =>
    new CodedError("BAD_USAGE", `--since ${text} is ${what}.`, {
      next: `Write a number of days, 30d, or a day, 2026-10-01: of the last ${DAYS_MAX} days.`,
    });
  const days = /^(\d+)d?$/i.exec(text)?.[1];
  const from = dayBegins(text, timeZone);
  if (days === undefined && from === undefined) throw unusable("neither a number of days nor a day");
  if (days === "0" || (from !== undefined && from >= now)) throw unusable("no time that is over");
  const found =
    from === undefined ? lastDays(now, Math.min(DAYS_MAX + 1, Number(days)), timeZone) : { from, to: now, timeZone };
  if (daysOf(found) > DAYS_MAX) throw unusable("too long ago");
  return found;
}

/** In chat days are given beside the target; here they would be taken for one. */
function targetOf(text: string | undefined): string | undefined {
  if (text !== undefined && /^[-+]?\d/.test(text))
    throw new CodedError("BAD_USAGE", `${text} is no target: its name begins with a letter.`, {
      next: "Of the last 30 days: breakglass insights --since 30d",
    });
  return text?.toLowerCase();
}

/** Without every single measurement, with units in names, and with proposals in plain words. */
export function forPrograms(
  { waitedMs: _waited, lateMs: _late, approval, lateness, roles, proposals, from, to, ...rest }: Insights,
  words: (text: Insights["proposals"][number]["text"]) => string,
) {
  const { grantedMs: grantedTotalMs, usedMs: usedTotalMs, ...others } = rest;
  const iso = (at: number) => new Date(at).toISOString();
  return {
    ...{ from: iso(from), to: iso(to), ...others, grantedTotalMs, usedTotalMs },
    ...{ approvalMs: approval, latenessMs: lateness },
    roles: roles.map(({ granted, used, ...role }) => ({ ...role, grantedMs: granted, usedMs: used })),
    columns: rest.columns.map((column) => ({ ...column, from: iso(column.from) })),
    proposals: proposals.map(({ text, ...each }) => ({ ...each, text: words(text) })),
  };
}
