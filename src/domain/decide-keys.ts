import { Refusal } from "../errors.ts";
import type { EventData, NewEvent } from "./events.ts";
import { isAnybodyEnrolled, keysOf, type EnrolledKey, type KeyChange, type Keys } from "./keys.ts";
import type { Actor } from "./people.ts";
import type { Policy } from "./policy/schema.ts";
import type { Proof } from "./proof.ts";
import { prove, type About } from "./prove.ts";
import { cut, plainLine, quote } from "./text.ts";

/** What can be asked of people's keys. */
export type KeyCommand =
  /** `change`: a fresh name for it. `key`: its name, for a removal. */
  | {
      readonly type: "AskKeyChange";
      readonly by: Actor;
      readonly change: string;
      readonly kind: "add" | "remove";
      readonly person: string;
      readonly key?: string | undefined;
    }
  | {
      readonly type: "ConfirmKeyChange";
      readonly by: Actor;
      readonly change: string;
      readonly proof?: Proof | undefined;
    }
  | { readonly type: "RefuseKeyChange"; readonly by: Actor; readonly change: string }
  | {
      readonly type: "EnrolKey";
      readonly by: Actor;
      readonly change: string;
      readonly name: string;
      readonly key: NewKey;
    }
  | { readonly type: "RenameKey"; readonly by: Actor; readonly key: string; readonly name: string };

/** What a browser and a key made together, checked. */
export type NewKey = Omit<EventData<"KeyEnrolled">, "change" | "person">;

/** All that the outside knows at the moment of a decision on keys. */
export interface KeyFacts {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly policy: Policy;
  /** The people in the policy's `admins` groups at this moment. */
  readonly admins: readonly string[];
}

/** What a key is recorded with that signed its own origin, without any certificate. */
export const SELF_ATTESTED = "self";
/** How long a change waits to be confirmed, and an invitation to be used. */
export const KEY_CHANGE_MS = 86_400_000;
export const KEY_NAME_MAX = 40;
const KEYS_MAX = 10;
const ASKED_A_DAY_MAX = 5;

/**
 * What follows from a command about keys. No key counts because somebody in chat says so: one asks, another confirms, and only
 * then is a key enrolled or removed.
 *
 * @throws {@link Refusal}: `NOT_ADMIN`, `KEY_UNKNOWN`, `KEY_NAME_TAKEN`, `KEY_CHANGE_PENDING`, `KEY_CHANGE_OVER`, `KEY_REFUSED`,
 *   `STEP_UP_THROTTLED`, `PERSON_UNKNOWN`, and those of {@link prove}
 */
export function decideKeys(keys: Keys, command: KeyCommand, facts: KeyFacts): NewEvent[] {
  switch (command.type) {
    case "AskKeyChange":
      return ask(keys, command, facts);
    case "ConfirmKeyChange":
      return confirm(keys, command, facts);
    case "RefuseKeyChange": {
      const change = openChange(keys, command.change, facts);
      if (change.person !== command.by.person) refuseNonAdmin(change, command.by, facts);
      return [{ type: "KeyChangeRefused", actor: command.by, data: { change: change.id } }];
    }
    case "EnrolKey":
      return enrol(keys, command, facts);
    case "RenameKey": {
      const person = command.by.person ?? "";
      const { credential } = findKey(keys, person, command.key);
      const name = freeName(keys, person, command.name);
      return [{ type: "KeyRenamed", actor: command.by, data: { person, credential }, notes: { name } }];
    }
  }
}

/** Whether a person may confirm a change of somebody's keys: an administrator, and neither of the two it concerns. */
export function mayConfirm(
  { person, askedBy }: Pick<KeyChange, "person" | "askedBy">,
  by: string,
  { admins }: KeyFacts,
): boolean {
  return admins.includes(by) && by !== person && by !== askedBy.person;
}

/** Whether there is anybody who could confirm it: once there are keys, it has to be somebody with one. */
function isAnybodyThere(keys: Keys, change: Pick<KeyChange, "person" | "askedBy">, facts: KeyFacts): boolean {
  return facts.admins
    .filter((admin) => mayConfirm(change, admin, facts))
    .some((admin) => !isAnybodyEnrolled(keys) || keysOf(keys, admin).length > 0);
}

function ask(keys: Keys, command: Extract<KeyCommand, { type: "AskKeyChange" }>, facts: KeyFacts): NewEvent[] {
  const { by, kind, person, change } = command;
  if (!Object.hasOwn(facts.policy.people, person))
    throw new Refusal("PERSON_UNKNOWN", `The policy knows no person ${quote(person)}.`);
  const credential = kind === "remove" ? findKey(keys, person, command.key ?? "").credential : undefined;
  const theirs = [...keys.changes.values()].filter((each) => each.person === person);
  const open = theirs.find(
    (each) => isOpen(each, facts.now) && each.kind === kind && (kind === "add" || each.credential === credential),
  );
  if (open !== undefined) {
    throw new Refusal("KEY_CHANGE_PENDING", `${open.id} asks for the same already.`, {
      next: open.phase === "asked" ? "An administrator has to confirm it." : "It is confirmed: the link can be had.",
    });
  }
  if (kind === "add" && keysOf(keys, person).length >= KEYS_MAX)
    throw new Refusal("KEY_REFUSED", `There are ${KEYS_MAX} keys already.`, { next: "Remove one first." });
  const asked: NewEvent = { type: "KeyChangeAsked", actor: by, data: { change, kind, person, credential } };
  const isFirst = keysOf(keys, person).length === 0;
  const nobody = !isAnybodyThere(keys, { person, askedBy: by }, facts);
  if (by.via === "cli") {
    // Whoever has a shell on the server can do everything; what they do alone is said aloud.
    if (!isFirst && !nobody) return [asked];
    const alone = !isFirst || undefined;
    if (credential !== undefined)
      return [asked, { type: "KeyRemoved", actor: by, data: { change, person, credential, alone } }];
    return [asked, { type: "KeyInvited", actor: by, data: { change, person, alone } }];
  }
  if (theirs.filter(({ askedAt }) => askedAt > facts.now - KEY_CHANGE_MS).length >= ASKED_A_DAY_MAX)
    throw new Refusal("STEP_UP_THROTTLED", "That was asked too often today.", { next: "Try again tomorrow." });
  if (nobody) {
    throw new Refusal("NOT_ADMIN", "There is no administrator with a key who could confirm it.", {
      next: `Whoever runs this service can, on the server: breakglass keys ${kind === "add" ? "invite" : "remove"} ${person}`,
    });
  }
  return [asked];
}

function confirm(keys: Keys, command: Extract<KeyCommand, { type: "ConfirmKeyChange" }>, facts: KeyFacts): NewEvent[] {
  const { by, proof } = command;
  const change = openChange(keys, command.change, facts);
  if (change.phase !== "asked") throw over(change);
  refuseNonAdmin(change, by, facts);
  const { id, kind, person, credential } = change;
  const passed = !isAnybodyEnrolled(keys) ? [] : [prove(aboutChange(change, by), proof, keys)];
  if (kind === "add") return [...passed, { type: "KeyInvited", actor: by, data: { change: id, person } }];
  if (credential === undefined || !keys.byCredential.has(credential)) throw over(change);
  return [...passed, { type: "KeyRemoved", actor: by, data: { change: id, person, credential } }];
}

/** What is confirmed of a change of keys. Only one that was asked and nothing more can be, so its version is always 1. */
export function aboutChange(change: KeyChange, by: Actor): About {
  const { id: request, kind, person: whose, credential = null } = change;
  const version = 1;
  return { request, version, person: by.person ?? "", action: "confirm-key", verdict: { kind, whose, credential }, by };
}

function enrol(keys: Keys, command: Extract<KeyCommand, { type: "EnrolKey" }>, facts: KeyFacts): NewEvent[] {
  const { by, change: id, name, key } = command;
  const change = openChange(keys, id, facts);
  if (change.phase !== "invited" || change.person !== by.person) throw over(change);
  if (keys.byCredential.has(key.credential))
    throw new Refusal("KEY_REFUSED", "This key is enrolled already.", { next: "Take another one." });
  const models = facts.policy.stepUpKeys?.models;
  // A key that proves nothing of its making, or proves it by itself, may claim any model.
  if (models !== undefined && (["none", SELF_ATTESTED].includes(key.attestation) || !models.includes(key.model))) {
    throw new Refusal("KEY_REFUSED", `The policy takes only some models of key, and this one is ${key.model}.`, {
      next: "Take one of those that were handed out.",
    });
  }
  const { person } = change;
  const data = { ...key, change: id, person };
  return [{ type: "KeyEnrolled", actor: by, data, notes: { name: freeName(keys, person, name) } }];
}

/** A key by its name. @throws `KEY_UNKNOWN` */
export function findKey(keys: Keys, person: string, name: string): EnrolledKey {
  const theirs = keysOf(keys, person);
  const found = theirs.find((key) => key.name.toLowerCase() === plainLine(name).toLowerCase());
  if (found !== undefined) return found;
  const names = theirs.map((key) => quote(key.name)).join(", ");
  throw new Refusal("KEY_UNKNOWN", `There is no key ${quote(name)}.`, {
    next: names === "" ? "None is enrolled." : `There are: ${names}.`,
  });
}

function freeName(keys: Keys, person: string, typed: string): string {
  const name = cut(plainLine(typed), KEY_NAME_MAX);
  if (name === "")
    throw new Refusal("BAD_USAGE", "A key needs a name.", { next: "For instance: YubiKey on my keyring" });
  if (keysOf(keys, person).some((key) => key.name.toLowerCase() === name.toLowerCase()))
    throw new Refusal("KEY_NAME_TAKEN", `There is a key ${quote(name)} already.`, { next: "Choose another name." });
  return name;
}

function openChange(keys: Keys, id: string, { now }: KeyFacts): KeyChange {
  const change = keys.changes.get(id);
  if (change === undefined) throw new Refusal("KEY_CHANGE_OVER", "There is no such change of keys.");
  if (!isOpen(change, now)) throw over(change);
  return change;
}

/** Whether something can still come of it. */
export function isOpen({ phase, askedAt, decidedAt = askedAt }: KeyChange, now: number): boolean {
  return (phase === "asked" || phase === "invited") && now < decidedAt + KEY_CHANGE_MS;
}

function over({ id, phase }: KeyChange): Refusal {
  const said = { asked: "too old", invited: "confirmed already", refused: "refused", done: "done" }[phase];
  return new Refusal("KEY_CHANGE_OVER", `${id} is ${said}.`, { next: "/breakglass key list shows what there is." });
}

function refuseNonAdmin(change: KeyChange, by: Actor, facts: KeyFacts): void {
  if (by.person !== undefined && mayConfirm(change, by.person, facts)) return;
  throw new Refusal(
    "NOT_ADMIN",
    "It takes an administrator of the policy, and neither the one who asked nor the one whose key it is.",
  );
}
