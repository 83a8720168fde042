import { requestLine } from "../cards/answers.ts";
import { isOverdue } from "../domain/agenda.ts";
import type { DomainEvent } from "../domain/events.ts";
import { narrate } from "../domain/narrate.ts";
import { evolve, isOver, type RequestState } from "../domain/request.ts";
import { readRequestId } from "../domain/request-id.ts";
import { CodedError } from "../errors.ts";
import { plain } from "../slack/mrkdwn.ts";
import type { Names } from "../cards/names.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { policyNames } from "./policy-names.ts";
import { withLedger } from "./with-ledger.ts";

/** `breakglass list`: open requests, or with `all` the newest ones. */
export async function listRequests(
  io: Io,
  options: { readonly all: boolean; readonly json: boolean },
): Promise<ExitCode> {
  const names = await policyNames(io);
  const states = await withLedger(io, async (ledger) => {
    const ids = options.all ? await ledger.newest(100) : await ledger.open();
    const loaded = await Promise.all(ids.map((id) => ledger.load(id)));
    const found = loaded.flatMap((each) => (each === undefined ? [] : [each.state]));
    // What only waits for its review is not open.
    return options.all ? found : found.filter((state) => !isOver(state));
  });
  if (options.json) io.result(JSON.stringify(states.map(summary), null, 2));
  else if (states.length === 0) io.talk(options.all ? "no requests yet" : "nothing is open");
  else for (const state of states) io.result(plain(requestLine(state), names));
  return 0;
}

/** `breakglass show`: a request's thread as text, or its entries. */
export async function showRequest(io: Io, typed: string, options: { readonly json: boolean }): Promise<ExitCode> {
  const id = idOf(typed);
  const names = await policyNames(io);
  const { loaded, entries } = await withLedger(io, async (ledger) => ({
    loaded: await ledger.load(id),
    entries: await ledger.entriesOf(id),
  }));
  if (loaded === undefined) throw unknown(id);
  if (options.json) io.result(JSON.stringify({ ...summary(loaded.state), entries }, null, 2));
  else for (const line of threadLines(id, loaded.events, names)) io.result(line);
  return 0;
}

/** A request's thread as it reads in chat, in UTC. */
export function threadLines(id: string, events: readonly DomainEvent[], names: Names): string[] {
  let state: RequestState | undefined;
  const lines: string[] = [];
  for (const event of events) {
    state = evolve(state, event, id);
    const sentence = narrate(event, state);
    if (sentence !== undefined)
      lines.push(`${new Date(event.at).toISOString().slice(0, 19).replace("T", " ")}Z  ${plain(sentence, names)}`);
  }
  return state === undefined ? lines : [plain(requestLine(state), names), ...lines.map((line) => `  ${line}`)];
}

export function idOf(typed: string): string {
  const id = readRequestId(typed);
  if (id === undefined)
    throw new CodedError("BAD_USAGE", `"${typed.slice(0, 40)}" is not a request's id.`, {
      next: "An id reads like BG-7K3M2Q.",
    });
  return id;
}

export function unknown(id: string): CodedError {
  return new CodedError("REQUEST_UNKNOWN", `There is no request ${id}.`, {
    next: "breakglass list --all shows the newest.",
  });
}

function summary(state: RequestState) {
  const { id, phase, requester, target, role, openedAt, deadline, endedAt, lateMs, emergency, drill } = state;
  const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
  return {
    id,
    phase,
    requester,
    target,
    role,
    emergency,
    ...(drill && { drill: { approver: drill.approver, by: drill.by, dueAt: iso(drill.dueAt), score: drill.score } }),
    overdue: isOverdue(state, Date.now()),
    openedAt: iso(openedAt),
    deadline: iso(deadline),
    endedAt: iso(endedAt),
    lateMs,
  };
}
