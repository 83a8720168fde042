import { eventsOf, type Entry } from "../ledger/entry.ts";
import type { EventData, NewEvent } from "../domain/events.ts";
import { counted } from "../domain/text.ts";
import { Conflict } from "../ledger/append-queue.ts";
import { SEALED_ACCOUNTS } from "../ledger/keys.ts";
import { isSignedBy, readJournal, type Opening } from "../vault/offline/journal.ts";
import { fromPublicText } from "../vault/offline/offline-keys.ts";
import { CodedError } from "../errors.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { serverAccount } from "./server-account.ts";
import { withLedger } from "./with-ledger.ts";

/**
 * `breakglass offline merge`: brings what was opened offline into the ledger, each opening once. The security channel hears of it, and
 * the accounts count as burnt.
 *
 * @throws `OFFLINE_JOURNAL` when the file doesn't hold, or isn't signed by an export that the ledger knows; `LEDGER_UNAVAILABLE`
 */
export async function mergeOffline(io: Io, path: string, options: { readonly json: boolean }): Promise<ExitCode> {
  const openings = await readJournal(path, "must be there");
  const actor = { via: "cli", account: serverAccount(io.env) } as const;
  const merged = await withLedger(io, async (ledger) => {
    for (;;) {
      const entries = await ledger.entriesOf(SEALED_ACCOUNTS);
      const fresh = freshOf(path, openings, entries);
      if (fresh.length === 0) return fresh;
      const events = fresh.map((opening): NewEvent => ({ type: "OfflineOpened", actor, ...told(opening) }));
      try {
        await ledger.recordIn(SEALED_ACCOUNTS, entries.length, events, Date.now());
        return fresh;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
  });
  const known = openings.length - merged.length;
  if (options.json)
    io.result(JSON.stringify({ merged: merged.map(({ account, at, who }) => ({ account, at, who })), known }, null, 2));
  else {
    for (const { account, at, who } of merged)
      io.result(`${account}: opened ${at.slice(0, 16)}Z by ${who}; it is burnt now`);
    if (merged.length === 0) io.result(`nothing new: ${counted(known, "opening")} known already`);
  }
  for (const account of new Set(merged.map((each) => each.account)))
    io.talk(`hint: breakglass vault rotate ${account}`);
  return 0;
}

function told({ account, generation, export: name, hash, at, shares, who, why }: Opening) {
  const data = { account, generation, export: name, opening: hash, openedAt: Date.parse(at), shares };
  return { data, notes: { who, why } };
}

/** Those that the ledger doesn't have. Each must be signed for an export that it has, and be of what was in that. */
function freshOf(path: string, openings: readonly Opening[], entries: readonly Entry[]): Opening[] {
  const events = eventsOf(entries);
  const known = new Set(events.flatMap(({ type, data }) => (type === "OfflineOpened" ? [data.opening] : [])));
  const exports = new Map(
    events.flatMap(({ type, data }) => (type === "AccountsExported" ? [[data.export, data]] : [])),
  );
  for (const opening of openings) {
    const why = doubtOf(opening, exports.get(opening.export));
    if (why === undefined) continue;
    throw new CodedError("OFFLINE_JOURNAL", `Line ${opening.seq} of ${path} is not believed: ${why}.`, {
      next: "Nothing was merged. Somebody may have made the file up; find out before you rotate only what it names.",
    });
  }
  return openings.filter(({ hash }) => !known.has(hash));
}

/** Why an opening is not believed. One of a generation that there never was would keep an account burnt for ever. */
function doubtOf(opening: Opening, of: EventData<"AccountsExported"> | undefined): string | undefined {
  if (of === undefined) return `the ledger knows no export ${opening.export}`;
  if (!isSignedBy(opening, fromPublicText(of.publicKey))) return "its signature is not that of its export";
  const { account, generation } = opening;
  const isOfIt = of.accounts.some((each) => each.account === account && each.generation === generation);
  return isOfIt ? undefined : `${account}, generation ${generation}, is not in its export`;
}
