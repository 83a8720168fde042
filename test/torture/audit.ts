import { readFile } from "node:fs/promises";
import type { DomainEvent } from "../../src/domain/events.ts";
import { fold, isOver } from "../../src/domain/request.ts";
import { checkpointsPath } from "../../src/ledger/checkpoints.ts";
import { EMPTY, eventOf, parseEntry, type Entry } from "../../src/ledger/entry.ts";
import { MerkleEdge } from "../../src/ledger/merkle.ts";
import { mirrorPath } from "../../src/ledger/mirror.ts";
import { OldHeads, readOldHeads } from "../../src/ledger/old-heads.ts";
import { checkLink } from "../../src/ledger/check-entry.ts";
import { verify } from "../../src/ledger/verify.ts";
import { requestOf } from "../../src/providers/principal-name.ts";
import { auditProgram, auditThread } from "./audit-chat.ts";
import type { World } from "./world.ts";

/** What a torture counts; every one of them should be 0. */
export interface Faults {
  /** Of the chain, of a mirror, or acknowledged to somebody; and checkpoints of another history. */
  lostEntries: number;
  doubledEntries: number;
  /** Grants that a target was asked for without an entry. */
  unrecordedGrants: number;
  /** Access that is there although its request is over, or that no request knows; requests that don't come to an end. */
  standingAccess: number;
  orphans: number;
  missingLines: number;
  doubledLines: number;
  /** Lines that stand in another order than they happened. */
  misplacedLines: number;
}

/** No access stands longer than this after its end, whatever breaks. */
const LATE_MS = 60_000;

/** Takes note of a fault. */
export type Blame = (what: keyof Faults, detail: string) => void;

/** The result of an audit. */
export interface Audit {
  readonly faults: Faults;
  readonly details: string[];
  readonly requests: number;
  readonly entries: number;
  /** How late each end was, in milliseconds: from its moment to when it was checked at the target. */
  readonly latenessMs: readonly number[];
}

/**
 * Holds everything against everything: the ledger in Redis, the mirrors with their checkpoints, the target, and what chat shows.
 *
 * @param chain - the ledger's lines
 * @param acknowledged - ids that people were told of
 * @param toldTo - the entry up to which chat has to show everything
 */
export async function audit(
  { target, slack, dataDirs }: Pick<World, "target" | "slack" | "dataDirs">,
  chain: readonly string[],
  acknowledged: ReadonlySet<string>,
  toldTo: number,
): Promise<Audit> {
  const details: string[] = [];
  const faults: Faults = {
    ...{ lostEntries: 0, doubledEntries: 0, unrecordedGrants: 0, standingAccess: 0, orphans: 0 },
    ...{ missingLines: 0, doubledLines: 0, misplacedLines: 0 },
  };
  const blame: Blame = (what, detail) => {
    faults[what] += 1;
    if (details.length < 50) details.push(`${what}: ${detail}`);
  };
  const found = await verify(chain);
  if (found.broken !== undefined) blame("lostEntries", `line ${found.broken.line}: ${found.broken.problem}`);
  const entries = chain.map(parseEntry);
  for (const dir of dataDirs) await auditMirror(dir, entries, blame);
  const ids = [...new Set(entries.flatMap(({ request = [] }) => request))];
  for (const id of acknowledged) if (!ids.includes(id)) blame("lostEntries", `${id} was acknowledged`);
  for (const { type, data } of entries) if (type === "OrphanFound") blame("orphans", JSON.stringify(data));

  const begun = new Set(entries.flatMap(({ type, request = [] }) => (type === "GrantStarted" ? request : [])));
  for (const { action, name = "" } of await target.calls()) {
    const id = requestOf(name);
    if (action === "grant" && (id === undefined || !begun.has(id))) blame("unrecordedGrants", name);
  }
  for (const name of await target.granted()) blame("standingAccess", name);

  const latenessMs: number[] = [];
  const byRequest = eventsByRequest(entries);
  for (const [id, events] of byRequest) {
    const state = fold(id, events);
    if (state === undefined || !isOver(state)) blame("standingAccess", `${id} is ${state?.phase ?? "unknown"}`);
    for (const event of events) {
      if (event.type !== "RevokeSucceeded") continue;
      latenessMs.push(event.data.lateMs);
      if (event.data.lateMs > LATE_MS) blame("standingAccess", `${id} ended ${event.data.lateMs} ms late`);
    }
    auditOnce(id, events, blame);
    auditThread(
      id,
      events.filter(({ seq }) => seq <= toldTo),
      slack,
      blame,
    );
  }
  auditProgram(slack, blame);
  return { faults, details, requests: byRequest.size, entries: entries.length, latenessMs };
}

/** A mirror is the beginning of the chain, and what was signed of it was never anything else. */
async function auditMirror(dir: string, entries: readonly Entry[], blame: Blame): Promise<void> {
  const read = async (path: string) => await readFile(path, "utf8").catch(() => "");
  const lines = (await read(mirrorPath(dir))).split("\n").filter((line) => line.endsWith("}"));
  const strange = lines.findIndex((line, index) => parseEntry(line).hash !== entries[index]?.hash);
  if (strange >= 0)
    blame(lines.length > entries.length ? "lostEntries" : "doubledEntries", `${dir}, line ${strange + 1}`);
  const heads = new OldHeads(readOldHeads(await read(checkpointsPath(dir))).heads);
  const tree = new MerkleEdge();
  let head = EMPTY;
  for (const entry of entries) {
    tree.add(checkLink(entry, head));
    head = { seq: entry.seq, hash: entry.hash };
    heads.see(tree, entry.hash);
  }
  const { problem } = heads.end(entries.length);
  if (problem !== undefined) blame("lostEntries", `checkpoints of ${dir}: ${problem}`);
}

/** What can only happen once in a request's life, happened once. */
function auditOnce(id: string, events: readonly DomainEvent[], blame: Blame): void {
  const count = (wanted: DomainEvent["type"]) => events.filter(({ type }) => type === wanted).length;
  if (count("RequestOpened") !== 1) blame("doubledEntries", `${id} was opened ${count("RequestOpened")} times`);
  for (const type of ["ExpiryWarned", "GrantSucceeded"] as const)
    if (count(type) > 1) blame("doubledEntries", `${id} has ${count(type)} of ${type}`);
}

function eventsByRequest(entries: readonly Entry[]): Map<string, DomainEvent[]> {
  const found = new Map<string, DomainEvent[]>();
  for (const entry of entries) {
    const event = eventOf(entry);
    if (entry.request === undefined || event === undefined) continue;
    found.set(entry.request, [...(found.get(entry.request) ?? []), event]);
  }
  return found;
}
