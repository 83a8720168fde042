import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StepUpAudit } from "../../src/app/step-up-audit.ts";
import { SoftKey } from "../../src/demo/soft-key.ts";
import { aboutChange } from "../../src/domain/decide-keys.ts";
import { EVENT_DATA, type NewEvent } from "../../src/domain/events.ts";
import { aboutRequest } from "../../src/domain/prove.ts";
import type { Entry } from "../../src/ledger/entry.ts";
import { by, ID, MINUTE, opened } from "../domain/given.ts";
import { guarded, KEYS } from "../domain/keyholders.ts";
import { LedgerLines } from "../support/ledger-lines.ts";

/** Alice asks, and Bob and Carol approve, each with a key; then Carol confirms that Alice's is removed. */
async function wholeLife(): Promise<LedgerLines> {
  const lines = new LedgerLines();
  const [alice, bob, carol] = [new SoftKey(), new SoftKey(), new SoftKey()];
  for (const [person, key] of Object.entries({ alice, bob, carol })) await lines.enrol(person, key);
  lines.add(opened({ role: "owner" }, { policy: guarded, keys: KEYS }).event, ID);
  await lines.prove(aboutRequest(lines.state, by("alice"), "ask"), alice, "n1", ID);
  for (const [votes, person, key] of [
    [1, "bob", bob],
    [2, "carol", carol],
  ] as const) {
    await lines.prove(aboutRequest(lines.state, by(person), "approve"), key, `n2 ${person}`, ID);
    lines.add({ type: "ApprovalGiven", actor: by(person), data: { votes, quorum: 2, proven: true } }, ID);
  }
  const [change, credential] = ["KEY-AWAY", alice.credential];
  lines.add({
    type: "KeyChangeAsked",
    actor: by("alice"),
    data: { change, kind: "remove", person: "alice", credential },
  });
  const asked = lines.keys.changes.get(change);
  assert.ok(asked);
  await lines.prove(aboutChange(asked, by("carol")), carol, "n3");
  return lines.add({ type: "KeyRemoved", actor: by("carol"), data: { change, person: "alice", credential } });
}

async function audit(entries: readonly Entry[]) {
  const auditor = new StepUpAudit();
  for (const entry of entries) await auditor.see(entry);
  return auditor.found;
}

describe("ledger verify --step-up", () => {
  /** What somebody with the whole ledger in their hands may change, who can make every hash right but no signature. */
  const forgeries: Readonly<Record<string, { change: (entries: Entry[]) => Entry[]; problem: RegExp }>> = {
    "an approval without its proof": {
      change: (entries) => without(entries, "StepUpPassed", 1),
      problem: /of BG-7K3M2Q: An approval counted without a proof with a key/,
    },
    "a request that nobody confirmed": {
      change: (entries) => without(entries, "StepUpPassed", 0),
      problem: /What was confirmed is not what there was|before its requester confirmed it/,
    },
    "another's name under an approval": {
      change: (entries) => changed(entries, "ApprovalGiven", 1, { actor: { ...by("bob") } }),
      problem: /stands before it, and is for something else/,
    },
    "another's name under a proof": {
      change: (entries) => changed(entries, "StepUpPassed", 2, { actor: { ...by("bob") } }),
      problem: /The key was not enrolled as theirs/,
    },
    "another verdict": {
      change: (entries) =>
        changed(entries, "RequestOpened", 0, (data) => ({
          ...data,
          verdict: { ...EVENT_DATA.RequestOpened.parse(data).verdict, quorum: 1 },
        })),
      problem: /What was signed is not what was asked/,
    },
    "a key put in another's place": {
      change: (entries) => {
        const [stolen, own] = [1, 2].map((nth) => entries.filter(({ type }) => type === "KeyEnrolled")[nth]?.data);
        return changed(entries, "KeyEnrolled", 2, { data: { ...own, publicKey: stolen?.["publicKey"] ?? "" } });
      },
      problem: /signature is not this key's|does not hold/,
    },
    "the same proof for a second approval": {
      change: (entries) => {
        const at = entries.findIndex(({ type }) => type === "ApprovalGiven");
        return entries.toSpliced(at + 1, 0, ...entries.slice(at - 1, at + 1));
      },
      problem: /What was confirmed is not what there was/,
    },
    "a change of keys that nobody confirmed": {
      change: (entries) => without(entries, "StepUpPassed", 3),
      problem: /A change of keys was confirmed without a key/,
    },
    "a key that was never enrolled": {
      change: (entries) => without(entries, "KeyEnrolled", 2),
      problem: /The key was not enrolled as theirs/,
    },
  };

  it("finds that everything holds, offline", async () => {
    const { entries } = await wholeLife();
    assert.deepEqual(await audit(entries), { checked: 4 });
  });

  for (const [what, { change, problem }] of Object.entries(forgeries)) {
    it(`finds ${what}`, async () => {
      const { entries } = await wholeLife();
      assert.match((await audit(change(entries))).problem ?? "nothing was found", problem);
    });
  }

  it("finds a credential that was opened without its key, by another, or by another's proof", async () => {
    const opening = (person: string, more: object): NewEvent => ({
      type: "CredentialRevealed",
      actor: by(person),
      data: { by: "page", nonce: "r1", ...more },
    });
    const begun = async () => (await new LedgerLines().enrol("alice", key)).add(opened().event, ID);
    const key = new SoftKey();
    const found = async (lines: LedgerLines) => (await audit(lines.entries)).problem ?? "nothing was found";
    const proven = await begun();
    await proven.prove(aboutRequest(proven.state, by("alice"), "reveal"), key, "r1", ID);
    const whole = [...proven.add(opening("alice", { proven: true }), ID).entries];
    assert.deepEqual(await audit(whole), { checked: 1 });
    assert.match((await audit(without(whole, "StepUpPassed", 0))).problem ?? "", /opened without a proof with a key/);
    assert.match(await found((await begun()).add(opening("alice", {}), ID)), /opened without a proof with a key/);
    assert.match(await found((await begun()).add(opening("bob", {}), ID)), /Somebody else than the requester/);
    const other = changed(whole, "CredentialRevealed", 0, { data: { by: "page", nonce: "r2", proven: true } });
    assert.match((await audit(other)).problem ?? "", /is for something else/);
    const keyless = new LedgerLines().add(opened().event, ID).add(opening("alice", {}), ID);
    assert.deepEqual(await audit(keyless.entries), { checked: 0 });
    const handedOver: NewEvent = { type: "CredentialRevealed", actor: by("alice"), data: { by: "direct-message" } };
    assert.deepEqual(await audit((await begun()).add(handedOver, ID).entries), { checked: 0 });
  });

  it("finds that somebody went ahead alone without a key, once anybody had one", async () => {
    const invoked: NewEvent = { type: "EmergencyInvoked", actor: by("alice"), data: { durationMs: MINUTE } };
    const before = new LedgerLines().add(opened().event, ID).add(invoked, ID);
    assert.deepEqual(await audit(before.entries), { checked: 0 });
    const after = (await new LedgerLines().enrol("carol", new SoftKey())).add(opened().event, ID).add(invoked, ID);
    assert.match((await audit(after.entries)).problem ?? "", /went ahead alone without a proof/);
  });
});

function nthOf(entries: readonly Entry[], type: string, nth: number): number {
  const places = entries.flatMap((entry, place) => (entry.type === type ? [place] : []));
  const place = places[nth];
  assert.ok(place !== undefined, `no ${type} ${nth}`);
  return place;
}

function without(entries: readonly Entry[], type: string, nth: number): Entry[] {
  return entries.toSpliced(nthOf(entries, type, nth), 1);
}

function changed(
  entries: readonly Entry[],
  type: string,
  nth: number,
  change: Partial<Entry> | ((data: Entry["data"]) => object),
): Entry[] {
  const place = nthOf(entries, type, nth);
  return entries.map((entry, at) => {
    if (at !== place) return entry;
    return { ...entry, ...(typeof change === "function" ? { data: change(entry.data) } : change) } as Entry;
  });
}
