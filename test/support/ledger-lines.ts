import assert from "node:assert/strict";
import type { SoftKey, AskedOfKey } from "../../src/demo/soft-key.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { foldKeys, NO_KEYS } from "../../src/domain/keys.ts";
import { challengeOf } from "../../src/domain/proof.ts";
import type { About } from "../../src/domain/prove.ts";
import { fold } from "../../src/domain/request.ts";
import { EMPTY, eventOf, parseEntry, seal, type Entry } from "../../src/ledger/entry.ts";
import { verifyAssertion } from "../../src/stepup/assertion.ts";
import { verifyRegistration } from "../../src/stepup/registration.ts";
import { relyingParty } from "../../src/stepup/relying-party.ts";
import { by, ID, MINUTE, T0 } from "../domain/given.ts";

const PARTY = relyingParty("http://localhost:3000");
const challenge = Buffer.alloc(32, 7);
const askedOf = (bytes: Buffer): AskedOfKey => ({
  challenge: bytes.toString("base64url"),
  rpId: PARTY.id,
  origin: PARTY.origin,
});

/** A ledger as the program writes it, with real signatures. */
export class LedgerLines {
  entries: Entry[] = [];

  add(event: NewEvent, request?: string, at = T0 + this.entries.length * MINUTE): this {
    const head = this.entries.at(-1) ?? EMPTY;
    this.entries.push(
      parseEntry(JSON.stringify(seal(event, head, { request, at, salt: () => "salt".repeat(5) + "ab" }))),
    );
    return this;
  }

  async enrol(person: string, key: SoftKey): Promise<this> {
    const change = `KEY-${person}`;
    const made = await verifyRegistration(key.enrol(askedOf(challenge)), { challenge, party: PARTY });
    const server = { via: "cli", account: "root" } as const;
    return this.add({ type: "KeyChangeAsked", actor: server, data: { change, kind: "add", person } })
      .add({ type: "KeyInvited", actor: server, data: { change, person } })
      .add({
        type: "KeyEnrolled",
        actor: by(person),
        data: { ...made, change, person },
        notes: { name: "Blue" },
      });
  }

  get state() {
    const state = fold(ID, this.#events(ID));
    assert.ok(state);
    return { ...state, version: this.entries.filter(({ request }) => request === ID).length };
  }

  get keys() {
    return foldKeys(NO_KEYS, this.#events(undefined));
  }

  #events(stream: string | undefined) {
    return this.entries
      .filter(({ request }) => request === stream)
      .map(eventOf)
      .filter((event) => event !== undefined);
  }

  /** A proof as it is recorded: that the key had counted that far, and what it signed. */
  async prove(about: About, key: SoftKey, nonce: string, request?: string, at?: number): Promise<this> {
    const bytes = challengeOf({ ...about, nonce });
    const known = this.keys.byCredential.get(key.credential);
    assert.ok(known);
    const expected = { challenge: bytes, origin: PARTY.origin, rpId: PARTY.id };
    const evidence = await verifyAssertion(key.sign(askedOf(bytes)), known, expected);
    const { credential, counter } = evidence;
    const { action, version, by: actor } = about;
    return this.add({ type: "KeyUsed", actor: { via: "clock" }, data: { credential, counter } }, undefined, at).add(
      { type: "StepUpPassed", actor, data: { action, version, nonce, evidence } },
      request,
      at,
    );
  }
}
