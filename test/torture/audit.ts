import { readFile } from "node:fs/promises";
import { posts } from "../../src/cards/posts.ts";
import type { DomainEvent } from "../../src/domain/events.ts";
import { fold, isOver } from "../../src/domain/request.ts";
import type { Slack } from "../../src/demo/slack/start-slack.ts";
import { eventOf, parseEntry, type Entry } from "../../src/ledger/entry.ts";
import { verify } from "../../src/ledger/verify.ts";
import { requestOf } from "../../src/providers/principal-name.ts";
import type { CommandTarget } from "../support/command-target.ts";

/** What a torture counts; every one of them should be 0. */
export interface Faults {
  lostEntries: number;
  doubledEntries: number;
  /** Grants that a target was asked for without an entry. */
  unrecordedGrants: number;
  /** Access that is there although its request is over, or that no request knows. */
  standingAccess: number;
  orphans: number;
  missingLines: number;
  doubledLines: number;
  /** Lines that stand in another order than they happened. */
  misplacedLines: number;
}

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
 * Holds everything against everything: the ledger in Redis, the mirrors, the target, and what chat shows.
 *
 * @param chain - the ledger's lines
 * @param acknowledged - ids that people were told of
 */
export async function audit(
  chain: readonly string[],
  mirrors: readonly string[],
  target: CommandTarget,
  slack: Slack,
  acknowledged: ReadonlySet<string>,
): Promise<Audit> {
  const details: string[] = [];
  const faults: Faults = {
    ...{ lostEntries: 0, doubledEntries: 0, unrecordedGrants: 0, standingAccess: 0, orphans: 0 },
    ...{ missingLines: 0, doubledLines: 0, misplacedLines: 0 },
  };
  const blame = (what: keyof Faults, detail: string) => {
    faults[what] += 1;
    if (details.length < 50) details.push(`${what}: ${detail}`);
  };
  const found = await verify(chain);
  if (found.broken !== undefined) blame("lostEntries", `line ${found.broken.line}: ${found.broken.problem}`);
  const entries = chain.map(parseEntry);
  for (const path of mirrors) {
    const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line.endsWith("}"));
    const strange = lines.findIndex((line, index) => parseEntry(line).hash !== entries[index]?.hash);
    if (strange >= 0)
      blame(lines.length > entries.length ? "lostEntries" : "doubledEntries", `${path}, line ${strange + 1}`);
  }
  const ids = [...new Set(entries.flatMap(({ request = [] }) => request))];
  for (const id of acknowledged) if (!ids.includes(id)) blame("lostEntries", `${id} was acknowledged`);
  for (const entry of entries.filter(({ type }) => type === "OrphanFound"))
    blame("orphans", JSON.stringify(entry.data));

  const begun = new Set(entries.flatMap(({ type, request = [] }) => (type === "GrantStarted" ? request : [])));
  for (const { action, name = "" } of await target.calls()) {
    const id = requestOf(name);
    if (action === "grant" && (id === undefined || !begun.has(id))) blame("unrecordedGrants", name);
  }
  for (const name of await target.granted()) blame("standingAccess", name);

  const latenessMs: number[] = [];
  for (const id of ids) {
    const events = eventsOf(entries, id);
    const state = fold(id, events);
    if (state === undefined || !isOver(state)) blame("standingAccess", `${id} is ${state?.phase ?? "unknown"}`);
    for (const event of events) if (event.type === "RevokeSucceeded") latenessMs.push(event.data.lateMs);
    if (events.filter(({ type }) => type === "RequestOpened").length !== 1) blame("doubledEntries", id);
    auditThread(id, events, slack, blame);
  }
  return { faults, details, requests: ids.length, entries: entries.length, latenessMs };
}

function eventsOf(entries: readonly Entry[], id: string): DomainEvent[] {
  return entries
    .filter(({ request }) => request === id)
    .map(eventOf)
    .filter((event) => event !== undefined);
}

/** Each line once, and in order, in whatever channels its thread went through. */
function auditThread(
  id: string,
  events: readonly DomainEvent[],
  slack: Slack,
  blame: (what: keyof Faults, detail: string) => void,
): void {
  const wanted = posts(id, events, "").filter(({ lane }) => lane === "incident" || lane === "approvals");
  const channel = (lane: string) =>
    events[0]?.type === "RequestOpened"
      ? lane === "approvals"
        ? events[0].data.channels.approvals
        : events[0].data.channels.thread
      : "";
  for (const lane of ["incident", "approvals"]) {
    const keys = slack.workspace
      .messages(channel(lane) ?? "")
      .toSorted((one, other) => Number(one.ts) - Number(other.ts))
      .flatMap(({ metadata }) => {
        const { request, key } = metadata?.event_payload ?? {};
        return request === id ? String(key).split(" ") : [];
      });
    const expected = wanted.filter((post) => post.lane === lane).map(({ key }) => key);
    for (const key of expected) {
      const times = keys.filter((each) => each === key).length;
      if (times === 0) blame("missingLines", `${id} ${key} in ${lane}`);
      if (times > 1) blame("doubledLines", `${id} ${key} in ${lane}, ${times} times`);
    }
    const told = keys.filter((key, index) => expected.includes(key) && keys.indexOf(key) === index);
    const order = expected.filter((key) => told.includes(key));
    if (told.join() !== order.join()) blame("misplacedLines", `${id} in ${lane}: ${told.join(" ")}`);
  }
}
