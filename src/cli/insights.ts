import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InsightsMaker, picturesOf, timeZoneOf } from "../app/insights.ts";
import { UseStore } from "../app/use-store.ts";
import { Uses } from "../app/uses.ts";
import { insightsText } from "../cards/insights-text.ts";
import type { Insights, Window } from "../domain/insights/insights.ts";
import { DAYS, DAYS_MAX, lastDays } from "../domain/insights/window.ts";
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
  const policy = await policyOf(io);
  const window = { ...since(options.since, Date.now(), timeZoneOf(policy)), target: target?.toLowerCase() };
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
  const days = text === undefined ? DAYS : Number(/^(\d{1,4})d$/.exec(text)?.[1] ?? 0);
  if (days >= 1 && days <= DAYS_MAX) return lastDays(now, days, timeZone);
  const from = /^\d{4}-\d{2}-\d{2}$/.test(text ?? "") ? Date.parse(`${text ?? ""}T00:00:00Z`) : Number.NaN;
  if (!(from < now))
    throw new CodedError("BAD_USAGE", `--since ${text ?? ""} is no time that is over.`, {
      next: "Write a number of days, 30d, or a day, 2026-10-01.",
    });
  return lastDays(now, Math.min(DAYS_MAX, Math.ceil((now - from) / 86_400_000)), timeZone);
}

/** Without every single measurement, and with proposals in plain words. */
function forPrograms(
  { waitedMs: _waited, lateMs: _late, proposals, from, to, ...rest }: Insights,
  words: (text: Insights["proposals"][number]["text"]) => string,
) {
  const iso = (at: number) => new Date(at).toISOString();
  return {
    ...{ from: iso(from), to: iso(to), ...rest },
    columns: rest.columns.map((column) => ({ ...column, from: iso(column.from) })),
    proposals: proposals.map(({ text, ...each }) => ({ ...each, text: words(text) })),
  };
}
