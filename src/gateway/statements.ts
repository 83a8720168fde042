import { escapeIdentifier } from "pg";
import type { Recorder, StatementEnded } from "../domain/activity.ts";
import { Prepared, type Change } from "./prepared.ts";
import type { BindMessage, StatementText } from "./read-messages.ts";
import { Refused } from "./refused.ts";
import { Run } from "./run.ts";

type Failure = NonNullable<StatementEnded["error"]>;

/** What the client sent and the target has not answered yet, in the order in which it will. */
type Awaited =
  | { readonly kind: "query" | "call" | "execute"; readonly run: Run }
  | { readonly kind: "parse" | "close-statement"; readonly change: Change }
  | { readonly kind: "bind"; readonly run: Run; readonly of: Change | undefined; readonly replaces: Run | undefined }
  | { readonly kind: "close-portal"; readonly run: Run | undefined }
  | { readonly kind: "describe" | "sync" | "copy-end" };

/** More than this need not wait at once. */
const AWAITED_MAX = 100_000;

/** SQL that changes what prepared statements there are, by the target's own word for it. */
const PREPARES = /^(PREPARE|DEALLOCATE|DISCARD)\b/;

/** From where, and under whose name, a session's statements are recorded. */
export interface StatementsOptions {
  readonly recorder: Recorder;
  readonly session: string;
  readonly from: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
}

/**
 * The statements of one session. What the client says is told before it is passed on, and what the target answers as it comes by. What is
 * run without a text of its own is recorded as SQL that would do the same. A statement of the extended protocol begins with Bind: planning it may run functions, before anything is executed.
 */
export class Statements {
  readonly #options: StatementsOptions;
  readonly #prepared = new Prepared();
  readonly #awaited: Awaited[] = [];
  /** Where what is awaited begins: what was answered is cut off now and then. */
  #head = 0;
  #batch = 0;
  readonly #portals = new Map<string, Run>();
  /** Bound at the target, and not over. */
  readonly #bound = new Set<Run>();
  /** After a failure the target passes over everything up to the next Sync. */
  #failure: Failure | undefined;
  #copyingIn: Run | undefined;
  /** Bytes of a COPY that the client began to send before it was asked to. */
  #sentAhead = 0;

  constructor(options: StatementsOptions) {
    this.#options = options;
  }

  /** What a client sets before its first statement, as SQL; it is over when the target has taken the session, or not. */
  set(sql: string): Run {
    return this.#begin({ sql });
  }

  /** Query. @throws `RECORDING_UNWRITABLE`, as all that begin a statement do */
  query(text: StatementText): void {
    this.#await({ kind: "query", run: this.#begin(text) });
  }

  /** FunctionCall. */
  call(oid: number, parameters: readonly (string | null)[]): void {
    this.#await({ kind: "call", run: this.#begin({ sql: `CALL /* of the function with oid ${oid} */` }, parameters) });
  }

  parse(name: string, text: StatementText): void {
    const change: Change = { name, batch: this.#batch, text };
    this.#prepared.change(change);
    this.#await({ kind: "parse", change });
  }

  bind({ portal, statement, parameters }: BindMessage): void {
    const text = this.#prepared.textOf(statement, this.#batch);
    const run = this.#begin(text ?? { sql: `EXECUTE ${escapeIdentifier(statement)}` }, parameters);
    const replaces = this.#portals.get(portal);
    this.#portals.set(portal, run);
    this.#await({ kind: "bind", run, of: this.#prepared.changeOf(statement, this.#batch), replaces });
  }

  execute(portal: string): void {
    const bound = this.#portals.get(portal);
    const isNew = bound === undefined || bound.isOver;
    this.#await({
      kind: "execute",
      run: isNew ? this.#begin({ sql: `FETCH ALL FROM ${escapeIdentifier(portal)}` }) : bound,
    });
  }

  describe(): void {
    this.#await({ kind: "describe" });
  }

  closeStatement(name: string): void {
    const change: Change = { name, batch: this.#batch, text: undefined };
    this.#prepared.change(change);
    this.#await({ kind: "close-statement", change });
  }

  closePortal(name: string): void {
    const run = this.#portals.get(name);
    this.#portals.delete(name);
    this.#await({ kind: "close-portal", run });
  }

  sync(): void {
    this.#batch += 1;
    // The target passes over it while it waits for a COPY's rows.
    if (this.#copyingIn === undefined) this.#await({ kind: "sync" });
  }

  /** A piece of what a COPY takes in. */
  copied(bytes: number): void {
    if (this.#copyingIn === undefined) this.#sentAhead += bytes;
    else this.#copyingIn.bytes += bytes;
  }

  /** CopyDone, CopyFail. */
  copyEnd(): void {
    if (this.#copyingIn === undefined) this.#await({ kind: "copy-end" });
    this.#copyingIn = undefined;
  }

  /** A row that the target gave. */
  row(bytes: number): void {
    const run = this.#current();
    if (run === undefined) return;
    run.rows += 1;
    run.bytes += bytes;
  }

  /** ParseComplete, BindComplete, CloseComplete, and the last of the answers to Describe. */
  done(kind: "parse" | "bind" | "close" | "describe"): void {
    const first = this.#first();
    if (first === undefined || !first.kind.startsWith(kind)) return;
    this.#pop();
    if (first.kind === "parse" || first.kind === "close-statement") this.#prepared.confirm(first.change);
    else if (first.kind === "close-portal") this.#endBound(first.run);
    else if (first.kind === "bind") {
      this.#endBound(first.replaces);
      if (!first.run.isOver) this.#bound.add(first.run);
    }
  }

  /** CommandComplete, and EmptyQueryResponse without a word. */
  did(command: string): void {
    const first = this.#first();
    if (first?.kind !== "query" && first?.kind !== "execute") return;
    this.#copyingIn = undefined;
    if (command !== "") first.run.did(command);
    if (PREPARES.test(command)) this.#prepared.forgetConfirmed();
    if (first.kind === "query") return;
    this.#pop();
    this.#endBound(first.run);
  }

  /** PortalSuspended: the client has as many rows as it asked for, and may ask for more. */
  suspended(): void {
    if (this.#first()?.kind === "execute") this.#pop();
  }

  /** CopyInResponse: from here on it takes rows, and passes over Syncs, until it is told that this was all. */
  takesCopy(): void {
    const run = this.#current();
    if (run === undefined) return;
    run.bytes += this.#sentAhead;
    this.#sentAhead = 0;
    const waiting = this.#awaited.slice(this.#head);
    const end = waiting.findIndex(({ kind }) => kind === "copy-end");
    const during = waiting.slice(1, end === -1 ? undefined : end);
    const kept = during.filter(({ kind }) => kind !== "sync");
    const after = end === -1 ? [] : waiting.slice(end + 1);
    this.#awaited.splice(this.#head, Infinity, ...waiting.slice(0, 1), ...kept, ...after);
    if (end === -1) this.#copyingIn = run;
  }

  /** ErrorResponse. */
  failed(failure: Failure): void {
    const first = this.#first();
    this.#copyingIn = undefined;
    if (first === undefined || first.kind === "sync") return;
    if (first.kind === "query" || first.kind === "call") {
      first.run.fails(failure);
      return;
    }
    this.#pop();
    if (first.kind === "parse") this.#notPrepared(first.change, failure);
    else if (first.kind === "bind" || first.kind === "execute") this.#endBound(first.run, failure);
    this.#passOver(failure);
  }

  /** ReadyForQuery. @param isIdle - outside of a transaction, where no portal lives on */
  ready(isIdle: boolean): void {
    this.#failure = undefined;
    this.#copyingIn = undefined;
    for (let first = this.#first(); first !== undefined; first = this.#first()) {
      this.#pop();
      if (first.kind === "query" || first.kind === "call" || first.kind === "execute") this.#endBound(first.run);
      if (first.kind === "query" || first.kind === "call" || first.kind === "sync") break;
    }
    if (!isIdle) return;
    for (const run of this.#bound) this.#endBound(run);
    for (const [name, run] of this.#portals) if (run.isOver) this.#portals.delete(name);
  }

  /** The session is over: what was under way was cut off. @throws `RECORDING_UNWRITABLE` */
  cutOff(): void {
    const waiting = this.#awaited.splice(0).slice(this.#head);
    this.#head = 0;
    const runs = [...this.#bound, ...waiting.flatMap((each) => ("run" in each ? [each.run] : []))];
    for (const run of runs) this.#endBound(run, { code: "", message: "cut off" });
  }

  #begin(text: StatementText, parameters: readonly (string | null)[] = []): Run {
    const { recorder, session, from, now, clock } = this.#options;
    const values = parameters.length > 0 && { parameters };
    return new Run(recorder, recorder.begin({ at: now(), session, from, ...text, ...values }), clock);
  }

  /** Its failure is that of the statement that was bound to it; if none was, it stands there by itself. */
  #notPrepared(change: Change, failure: Failure): void {
    this.#prepared.revert(change);
    const waiting = this.#awaited.slice(this.#head);
    const bound = waiting.find((each) => each.kind === "bind" && each.of === change);
    if (bound?.kind === "bind") bound.run.end(failure);
    else if (change.text !== undefined) this.#begin(change.text).end(failure);
  }

  /** The target passes over everything up to the next Sync. */
  #passOver(failure: Failure): void {
    this.#failure = failure;
    for (let each = this.#first(); each !== undefined && each.kind !== "sync"; each = this.#first()) {
      this.#pop();
      if (each.kind === "parse" || each.kind === "close-statement") this.#prepared.revert(each.change);
      else if (each.kind !== "close-portal" && "run" in each)
        this.#endBound(each.run, { ...failure, message: `not run: ${failure.message}` });
    }
  }

  #await(each: Awaited): void {
    if (this.#awaited.length - this.#head >= AWAITED_MAX)
      throw new Refused("54000", "More was sent at once than the session gateway can keep in mind.");
    this.#awaited.push(each);
    if (this.#failure !== undefined) this.#passOver(this.#failure);
  }

  #first(): Awaited | undefined {
    // Of a COPY that never began.
    while (this.#awaited[this.#head]?.kind === "copy-end") this.#head += 1;
    return this.#awaited[this.#head];
  }

  #pop(): void {
    this.#head += 1;
    if (this.#head > 1_000 || this.#head === this.#awaited.length) {
      this.#awaited.splice(0, this.#head);
      this.#head = 0;
    }
    const next = this.#first();
    if (next !== undefined && "run" in next) next.run?.comesUp();
  }

  /** What is answered now. */
  #current(): Run | undefined {
    const first = this.#first();
    return first?.kind === "query" || first?.kind === "execute" || first?.kind === "call" ? first.run : undefined;
  }

  #endBound(run: Run | undefined, failure?: Failure): void {
    if (run === undefined) return;
    this.#bound.delete(run);
    run.end(failure);
  }
}
