import { decideKeys, isOpen, type KeyCommand, type KeyFacts, type NewKey } from "../domain/decide-keys.ts";
import type { NewEvent } from "../domain/events.ts";
import type { KeyChange, Keys } from "../domain/keys.ts";
import { peopleOf, type Actor } from "../domain/people.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { Proof } from "../domain/proof.ts";
import { Refusal, StepUpNeeded } from "../errors.ts";
import type { Directory } from "./directory.ts";
import { readGroups } from "./groups.ts";
import type { KeyRing } from "./key-ring.ts";
import type { LinkMaker } from "./link-maker.ts";
import { whois, type Caller } from "./whois.ts";

/** What somebody asks of keys. `person` is only for an operator on the server; in chat everybody speaks of their own. */
export type KeyOrder =
  | { readonly type: "AddKey"; readonly person?: string }
  | { readonly type: "RemoveKey"; readonly key: string; readonly person?: string }
  | { readonly type: "RenameKey"; readonly key: string; readonly name: string }
  | { readonly type: "ConfirmKeyChange" | "RefuseKeyChange"; readonly change: string }
  /** A link to where the key of an invitation is enrolled. */
  | { readonly type: "AskToEnrol"; readonly change: string };

/** What came of it. */
export interface KeyOutcome {
  readonly actor: Actor;
  readonly keys: Keys;
  readonly change?: KeyChange | undefined;
  /** A one-time link to where a key is enrolled, for the person whose key it will be. */
  readonly link?: string | undefined;
}

export interface KeyDoorOptions {
  readonly ring: KeyRing;
  readonly policy: () => Policy;
  readonly directory: Directory;
  readonly links: LinkMaker;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A fresh name for a change of keys, `KEY-7K3M2Q`. */
  readonly name: () => string;
  /** Tells chat that something new is recorded of keys; never fails. */
  readonly announce: () => void;
}

/** An operator carries a link to somebody: that takes longer than a click. */
const CARRIED_LINK_MS = 3_600_000;

/** The door for everything about people's keys, as {@link createHandle} is for requests. */
export class KeyDoor {
  readonly #options: KeyDoorOptions;

  constructor(options: KeyDoorOptions) {
    this.#options = options;
  }

  /**
   * Does what somebody asks.
   *
   * @param proof - where it was confirmed with a key
   * @throws those of `whois` and `decideKeys`, {@link StepUpNeeded} with a link, `LEDGER_UNAVAILABLE`
   */
  async handle(caller: Caller, order: KeyOrder, proof?: Proof): Promise<KeyOutcome> {
    const { policy, directory } = this.#options;
    const by = await whois(policy(), caller, directory);
    switch (order.type) {
      case "AddKey":
        return await this.#add(caller, by, order.person ?? by.person ?? "");
      case "RemoveKey": {
        const { key, person = by.person ?? "" } = order;
        return await this.#ask(by, { kind: "remove", person, key });
      }
      case "RenameKey": {
        const { keys } = await this.#record({ type: "RenameKey", by, key: order.key, name: order.name });
        return { actor: by, keys };
      }
      case "RefuseKeyChange":
        return await this.#decide(by, { type: "RefuseKeyChange", by, change: order.change });
      case "ConfirmKeyChange":
        return await this.#confirm(caller, by, order.change, proof);
      case "AskToEnrol":
        return await this.#link(caller, by, order.change);
    }
  }

  /** Enrols a key that was made behind an invitation's link. @throws as `decideKeys` */
  async enrol(
    caller: Caller,
    person: string,
    made: { change: string; name: string; key: NewKey },
  ): Promise<KeyOutcome> {
    const { policy, directory } = this.#options;
    const by = { ...(await whois(policy(), caller, directory)), person };
    return await this.#decide(by, { type: "EnrolKey", by, ...made });
  }

  /** Whose keys somebody may see: their own. @throws as `whois` */
  async list(caller: Caller): Promise<{ readonly person: string; readonly keys: Keys; readonly now: number }> {
    const { policy, directory, ring, now } = this.#options;
    const { person = "" } = await whois(policy(), caller, directory);
    return { person, keys: await ring.read(), now: now() };
  }

  /** A change of keys; undefined when there is none. */
  async change(id: string): Promise<KeyChange | undefined> {
    return (await this.#options.ring.read()).changes.get(id);
  }

  /** Who is asked for their own key a second time is given the link to what was confirmed meanwhile. */
  async #add(caller: Caller, by: Actor, person: string): Promise<KeyOutcome> {
    const { ring, now } = this.#options;
    const { changes } = await ring.read();
    const invited = [...changes.values()].findLast(
      (each) => each.person === person && each.phase === "invited" && isOpen(each, now()),
    );
    if (invited !== undefined) return await this.#link(caller, by, invited.id);
    const asked = await this.#ask(by, { kind: "add", person });
    return asked.change?.phase === "invited" ? await this.#link(caller, by, asked.change.id) : asked;
  }

  async #ask(by: Actor, asked: Pick<Extract<KeyCommand, { type: "AskKeyChange" }>, "kind" | "person" | "key">) {
    return await this.#decide(by, { type: "AskKeyChange", by, change: this.#options.name(), ...asked });
  }

  async #confirm(caller: Caller, by: Actor, change: string, proof: Proof | undefined): Promise<KeyOutcome> {
    try {
      return await this.#decide(by, { type: "ConfirmKeyChange", by, change, proof });
    } catch (error) {
      if (!(error instanceof StepUpNeeded) || by.person === undefined) throw error;
      const { action } = error;
      const link = await this.#options.links.toConfirm({ caller, person: by.person, action, about: change });
      throw new StepUpNeeded(action, link);
    }
  }

  async #link(caller: Caller, by: Actor, id: string): Promise<KeyOutcome> {
    const { ring, now, links } = this.#options;
    const keys = await ring.read();
    const change = keys.changes.get(id);
    const isTheirs = change !== undefined && (by.via === "cli" || by.person === change.person);
    if (!isTheirs || change.phase !== "invited" || !isOpen(change, now())) {
      throw new Refusal("KEY_CHANGE_OVER", "There is no invitation for you, or it is used or too old.", {
        next: "/breakglass key add asks for one.",
      });
    }
    const forMs = by.via === "cli" ? CARRIED_LINK_MS : undefined;
    return { actor: by, keys, change, link: await links.toEnrol(caller, change.person, id, forMs) };
  }

  async #decide(by: Actor, command: Exclude<KeyCommand, { type: "RenameKey" }>): Promise<KeyOutcome> {
    const { keys } = await this.#record(command);
    return { actor: by, keys, change: keys.changes.get(command.change) };
  }

  async #record(command: KeyCommand): Promise<{ readonly events: readonly NewEvent[]; readonly keys: Keys }> {
    const { ring, policy, directory, now, announce } = this.#options;
    const groups = policy().admins ?? [];
    const admins = peopleOf(await readGroups(policy(), groups, directory), groups);
    const facts: KeyFacts = { now: now(), policy: policy(), admins };
    const recorded = await ring.record((keys) => decideKeys(keys, command, facts), facts.now);
    announce();
    return recorded;
  }
}
