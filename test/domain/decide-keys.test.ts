import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { aboutChange, decideKeys, type KeyCommand, type KeyFacts, type NewKey } from "../../src/domain/decide-keys.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { NO_KEYS, type Keys } from "../../src/domain/keys.ts";
import type { Actor } from "../../src/domain/people.ts";
import { challengeOf, type Proof } from "../../src/domain/proof.ts";
import type { Code } from "../../src/errors.ts";
import { ACME_POLICY, policyOf } from "./acme-policy.ts";
import { by, MINUTE, refusal, T0 } from "./given.ts";
import { enrolment, evidenceOf, guarded, keyOf, KEYS, keysAfter } from "./keyholders.ts";

const CHANGE = "KEY-7K3M2Q";
const FACTS: KeyFacts = { now: T0 + MINUTE, policy: guarded, admins: ["bob", "carol", "erin"] };
const OPERATOR: Actor = { via: "cli", account: "root" };
const history = [...["alice", "bob", "carol"].flatMap((person) => enrolment(person))];

const askAdd = (who: Actor = by("alice"), person = "alice"): KeyCommand => ({
  ...{ type: "AskKeyChange", by: who, change: CHANGE, kind: "add" },
  person,
});
const askRemove: KeyCommand = { ...askAdd(), type: "AskKeyChange", kind: "remove", key: "blue" } as KeyCommand;
const confirm = (who: Actor, proof?: Proof): KeyCommand => ({
  type: "ConfirmKeyChange",
  by: who,
  change: CHANGE,
  proof,
});
const NEW_KEY: NewKey = {
  ...{ credential: "new", publicKey: "pQ", counter: 0, model: "00000000-0000-0000-0000-000000000000", synced: false },
  ...{ transports: [], attestation: "none", rpId: "localhost", origin: "http://localhost:3000" },
};
const enrol = (who: Actor = by("alice"), name = "Laptop", key = NEW_KEY): KeyCommand => ({
  ...{ type: "EnrolKey", by: who, change: CHANGE },
  name,
  key,
});

const types = (events: readonly NewEvent[]) => events.map(({ type }) => type);
const after = (keys: readonly NewEvent[], ...commands: KeyCommand[]): Keys =>
  keysAfter(
    ...commands.reduce((events, each) => [...events, ...decideKeys(keysAfter(...events), each, FACTS)], [...keys]),
  );
const refused = (keys: Keys, command: KeyCommand, code: Code, changed: Partial<KeyFacts> = {}) =>
  refusal(() => decideKeys(keys, command, { ...FACTS, ...changed }), code);

function proofBy(keys: Keys, person: string): Proof {
  const change = keys.changes.get(CHANGE);
  assert.ok(change);
  const challenge = challengeOf({ ...aboutChange(change, by(person)), nonce: "n" }).toString("hex");
  return { nonce: "n", version: 1, challenge, evidence: evidenceOf(keyOf(person)) };
}

describe("changing keys takes two people", () => {
  it("one asks, an administrator confirms with a key of their own, and only then is one enrolled", () => {
    const asked = after(history, askAdd());
    refused(asked, enrol(), "KEY_CHANGE_OVER");
    refused(asked, confirm(by("carol")), "STEP_UP_NEEDED");
    const confirmed = decideKeys(asked, confirm(by("carol"), proofBy(asked, "carol")), FACTS);
    assert.deepEqual(types(confirmed), ["StepUpPassed", "KeyInvited"]);
    const invited = keysAfter(...history, ...decideKeys(KEYS, askAdd(), FACTS), ...confirmed);
    assert.deepEqual(types(decideKeys(invited, enrol(), FACTS)), ["KeyEnrolled"]);
    refused(invited, enrol(by("bob")), "KEY_CHANGE_OVER");
    refused(invited, enrol(by("alice"), "blue"), "KEY_NAME_TAKEN");
    refused(invited, enrol(by("alice"), "\u200b"), "BAD_USAGE");
    refused(invited, enrol(by("alice"), "x", { ...NEW_KEY, credential: keyOf("bob") }), "KEY_REFUSED");
    refused(invited, confirm(by("bob"), proofBy(invited, "bob")), "KEY_CHANGE_OVER");
  });

  it("neither who asked, nor whose key it is, nor anybody but an administrator confirms it", () => {
    const asked = after(history, askAdd());
    refused(asked, confirm(by("alice")), "NOT_ADMIN");
    refused(asked, confirm(by("alice")), "NOT_ADMIN", { admins: ["alice", "carol"] });
    refused(asked, confirm(by("dave")), "NOT_ADMIN");
    refused(asked, confirm(OPERATOR), "NOT_ADMIN");
  });

  it("an administrator without a key, or with another's proof, confirms nothing", () => {
    const asked = after(history, askAdd());
    refused(asked, confirm(by("erin")), "STEP_UP_NO_KEY");
    refused(asked, confirm(by("bob"), proofBy(asked, "carol")), "STEP_UP_FAILED");
  });

  it("a removal is the same, and is done with the confirmation", () => {
    const asked = after(history, askRemove);
    const events = decideKeys(asked, confirm(by("carol"), proofBy(asked, "carol")), FACTS);
    assert.deepEqual(types(events), ["StepUpPassed", "KeyRemoved"]);
    const left = keysAfter(...history, ...decideKeys(KEYS, askRemove, FACTS), ...events);
    assert.ok(!left.byCredential.has(keyOf("alice")));
    refused(KEYS, { ...askRemove, key: "green" } as KeyCommand, "KEY_UNKNOWN");
  });

  it("what waits isn't asked twice, can be refused, and is too old after a day", () => {
    const asked = after(history, askAdd());
    refused(asked, askAdd(), "KEY_CHANGE_PENDING");
    refused(asked, { type: "RefuseKeyChange", by: by("dave"), change: CHANGE }, "NOT_ADMIN");
    const no = after(history, askAdd(), { type: "RefuseKeyChange", by: by("carol"), change: CHANGE });
    refused(no, confirm(by("carol"), proofBy(asked, "carol")), "KEY_CHANGE_OVER");
    refused(asked, confirm(by("carol"), proofBy(asked, "carol")), "KEY_CHANGE_OVER", { now: T0 + 1_441 * MINUTE });
  });

  it("nobody grows the ledger by asking", () => {
    const asked = Array.from({ length: 5 }, (_, nth): NewEvent[] => [
      { type: "KeyChangeAsked", actor: by("alice"), data: { change: `KEY-${nth}`, kind: "add", person: "alice" } },
      { type: "KeyChangeRefused", actor: by("carol"), data: { change: `KEY-${nth}` } },
    ]).flat();
    refused(keysAfter(...history, ...asked), askAdd(), "STEP_UP_THROTTLED");
  });
});

describe("the first keys, and the last way in", () => {
  it("before anybody has a key, an administrator's click is enough", () => {
    const asked = after([], askAdd());
    assert.deepEqual(types(decideKeys(asked, confirm(by("carol")), FACTS)), ["KeyInvited"]);
  });

  it("an operator on the server invites whoever has none", () => {
    assert.deepEqual(types(decideKeys(NO_KEYS, askAdd(OPERATOR, "carol"), FACTS)), ["KeyChangeAsked", "KeyInvited"]);
    refused(NO_KEYS, askAdd(OPERATOR, "nobody"), "PERSON_UNKNOWN");
  });

  it("who has a key takes an administrator's confirmation, unless none is left who could give it; that is said aloud", () => {
    assert.deepEqual(types(decideKeys(KEYS, askAdd(OPERATOR), FACTS)), ["KeyChangeAsked"]);
    const last = keysAfter(...enrolment("carol"));
    const [, invited] = decideKeys(last, askAdd(OPERATOR, "carol"), FACTS);
    assert.ok(invited?.type === "KeyInvited" && invited.data.alone === true);
    refused(last, askAdd(by("carol"), "carol"), "NOT_ADMIN");
    const [, removed] = decideKeys(last, { ...askRemove, by: OPERATOR, person: "carol" } as KeyCommand, FACTS);
    assert.ok(removed?.type === "KeyRemoved" && removed.data.alone === true);
  });

  it("only models that the policy names are enrolled, and only if they prove who made them", () => {
    const model = "cb69481e-8ff7-4039-93ec-0a2729a154a8";
    const policy = policyOf(ACME_POLICY.replace("targets:", `stepUpKeys: { models: [${model}] }\ntargets:`));
    const asked = keysAfter(...decideKeys(NO_KEYS, askAdd(OPERATOR, "alice"), FACTS));
    refused(asked, enrol(), "KEY_REFUSED", { policy });
    refused(asked, enrol(by("alice"), "x", { ...NEW_KEY, model }), "KEY_REFUSED", { policy });
    const selfMade = { ...NEW_KEY, model, attestation: "self" };
    refused(asked, enrol(by("alice"), "x", selfMade), "KEY_REFUSED", { policy });
    const proven = { ...NEW_KEY, model, attestation: "packed" };
    assert.deepEqual(types(decideKeys(asked, enrol(by("alice"), "x", proven), { ...FACTS, policy })), ["KeyEnrolled"]);
  });

  it("a key is renamed by its owner alone", () => {
    const rename: KeyCommand = { type: "RenameKey", by: by("alice"), key: "BLUE", name: "Green" };
    const [event] = decideKeys(KEYS, rename, FACTS);
    assert.deepEqual([event?.type, event?.notes], ["KeyRenamed", { name: "Green" }]);
    refused(KEYS, { ...rename, by: by("dave") }, "KEY_UNKNOWN");
  });
});
