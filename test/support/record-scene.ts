import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { recordFacts, type RecordFacts } from "../../src/app/record-facts.ts";
import { SoftKey } from "../../src/demo/soft-key.ts";
import type { Activity } from "../../src/domain/activity.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { aboutRequest } from "../../src/domain/prove.ts";
import { checkpointText, originOf } from "../../src/ledger/checkpoint.ts";
import { hashedText, type Entry } from "../../src/ledger/entry.ts";
import { Inclusions } from "../../src/ledger/inclusion.ts";
import { leafHash, rootOf } from "../../src/ledger/merkle.ts";
import { noteKey, writeNote, writeVkey } from "../../src/ledger/note.ts";
import { by, ID, MINUTE, opened, SECOND, T0 } from "../domain/given.ts";
import { guarded, KEYS } from "../domain/keyholders.ts";
import { LedgerLines } from "./ledger-lines.ts";

const HOUR = 60 * MINUTE;
const PEOPLE: Readonly<Record<string, string>> = {
  alice: "Alice Ng",
  bob: "Bob Ortiz",
  carol: "Carol Diaz",
  erin: "Erin Wu",
};
export const nameOf = (person: string) => PEOPLE[person] ?? person;

/** What people typed, where a test wants it otherwise. */
export interface Typed {
  readonly justification?: string;
  readonly prevention?: string;
  readonly followUp?: string;
}

/** A request from its asking to its review, with a key for each vote, as the program writes it to a ledger. */
export async function reviewedLife(typed: Typed = {}): Promise<LedgerLines> {
  const lines = new LedgerLines();
  const keys = { alice: new SoftKey(), bob: new SoftKey(), carol: new SoftKey() };
  for (const [person, key] of Object.entries(keys)) await lines.enrol(person, key);
  const asked = opened(
    { role: "owner", justification: typed.justification ?? "INC-42 orders stuck after failover" },
    { policy: guarded, keys: KEYS },
  );
  assert.ok(asked.event.type === "RequestOpened");
  const { data } = asked.event;
  const verdict = { ...data.verdict, provider: "postgres" };
  lines.add({ ...asked.event, data: { ...data, verdict } }, ID, T0);
  const prove = async (person: keyof typeof keys, action: "ask" | "approve" | "reveal", after: number) =>
    await lines.prove(
      aboutRequest(lines.state, by(person), action),
      keys[person],
      `nonce of ${person} ${action}`,
      ID,
      T0 + after,
    );
  await prove("alice", "ask", 9 * SECOND);
  await prove("bob", "approve", 41 * SECOND);
  lines.add(
    { type: "ApprovalGiven", actor: by("bob"), data: { votes: 1, quorum: 2, proven: true } },
    ID,
    T0 + 41 * SECOND,
  );
  await prove("carol", "approve", 55 * SECOND);
  lines.add(
    { type: "ApprovalGiven", actor: by("carol"), data: { votes: 2, quorum: 2, proven: true } },
    ID,
    T0 + 55 * SECOND,
  );
  const deadline = T0 + 55 * SECOND + 10 * MINUTE;
  const handle = { request: ID, name: "bg_7k3m2q" };
  lines
    .add({ type: "GrantStarted", actor: CLOCK, data: { attempt: 1, deadline } }, ID, T0 + 55_020)
    .add(
      { type: "GrantSucceeded", actor: CLOCK, data: { attempt: 1, deadline, handle, credential: true } },
      ID,
      T0 + 55_140,
    );
  await prove("alice", "reveal", 80 * SECOND);
  lines
    .add(
      {
        type: "CredentialRevealed",
        actor: by("alice"),
        data: { by: "page", nonce: "nonce of alice reveal", proven: true },
      },
      ID,
      T0 + 80 * SECOND,
    )
    .add({ type: "ExpiryWarned", actor: CLOCK, data: { leftMs: 2 * MINUTE } }, ID, T0 + 9 * MINUTE)
    .add(
      { type: "RevokeStarted", actor: by("alice"), data: { cause: "ended", endAt: T0 + 9 * MINUTE + 31_000 } },
      ID,
      T0 + 9 * MINUTE + 31_000,
    )
    .add(
      {
        type: "RevokeFailed",
        actor: CLOCK,
        data: { attempt: 1, code: "TARGET_UNREACHABLE", problem: "orders-db can't be reached (ECONNREFUSED)." },
      },
      ID,
      T0 + 9 * MINUTE + 31_300,
    )
    .add(
      {
        type: "RevokeSucceeded",
        actor: CLOCK,
        data: { lateMs: 12_310, attempt: 2, done: ["role removed", "2 connections closed"] },
      },
      ID,
      T0 + 9 * MINUTE + 43_310,
    )
    .add(
      { type: "ReviewOpened", actor: CLOCK, data: { reviewer: "erin", by: ["chiefs"], dueAt: T0 + 24 * HOUR } },
      ID,
      T0 + 9 * MINUTE + 43_310,
    )
    .add(
      {
        type: "ReviewSubmitted",
        actor: by("erin"),
        data: {
          use: "emergency",
          needed: "partly",
          duration: "too-long",
          scope: "right",
          followUps: [{ owner: "bob", due: "2026-12-01" }],
        },
        notes: {
          prevention: typed.prevention ?? "A dashboard of stuck orders, and a job that unsticks them.",
          "follow-up 1": typed.followUp ?? "build the dashboard",
        },
      },
      ID,
      T0 + 7 * HOUR,
    );
  return lines;
}

/** What Alice ran. */
export function activity(count = 6): Activity[] {
  return Array.from({ length: count }, (_, index): Activity => ({
    at: T0 + 100_000 + index * 47_000,
    session: "1",
    from: "10.0.3.7",
    by: "gateway",
    sql:
      index === 4
        ? "UPDATE orders SET state = 'open' WHERE state = 'stuck' AND id = ANY($1)"
        : `SELECT * FROM orders WHERE id = ${index}`,
    ...(index === 4 ? { parameters: ["{17,18,19}"] } : {}),
    ended:
      index === 5
        ? { ms: 3, error: { code: "42501", message: "permission denied for table users" } }
        : { ms: 12 + index, command: index === 4 ? "UPDATE 97" : "SELECT 1", rows: index === 4 ? 97 : 1 },
  }));
}

/** A ledger's key, for the tests' checkpoints. */
export const LEDGER_KEY = generateKeyPairSync("ed25519");

/** A checkpoint of the first entries, signed; and the public key under the ledger's name. */
export function signedCheckpoint(entries: readonly Entry[], size = entries.length): { signed: string; vkey: string } {
  const origin = originOf(entries[0]?.hash ?? "");
  const root = rootOf(entries.slice(0, size).map((entry) => leafHash(Buffer.from(hashedText(entry), "utf8"))));
  const key = noteKey(origin, LEDGER_KEY.publicKey);
  const signed = writeNote(checkpointText({ origin, size, root }), [{ key, privateKey: LEDGER_KEY.privateKey }]);
  return { signed, vkey: writeVkey(key) };
}

/** A ledger's entries as it is read in parts. */
export function rangeOf(entries: readonly Entry[]): (from: number, limit: number) => Promise<string[]> {
  const lines = entries.map((entry) => JSON.stringify(entry));
  return (from, limit) => Promise.resolve(lines.slice(from - 1, from - 1 + limit));
}

/** What a record of it shows. */
export async function factsOf(
  { entries }: LedgerLines,
  { size = entries.length, statements }: { readonly size?: number; readonly statements?: readonly Activity[] } = {},
): Promise<RecordFacts> {
  const own = entries.filter(({ request }) => request === ID);
  const inclusion = await new Inclusions(rangeOf(entries)).prove(
    signedCheckpoint(entries, size).signed,
    own.map(({ seq }) => seq),
  );
  const keys = entries.filter(({ request }) => request === undefined);
  const facts = await recordFacts(ID, {
    ...{ entries: own, keys, inclusion },
    ran: statements && { statements, recordings: [] },
  });
  assert.ok(facts);
  return facts;
}
