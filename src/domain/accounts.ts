import type { DomainEvent, NewEvent } from "./events.ts";
import { CLOCK } from "./people.ts";
import { isOver, mayHaveAccess, wasOpened, type RequestState } from "./request.ts";
import { utc } from "./text.ts";

/** The policy's `provider:` of a target that is a sealed account. */
export const VAULT = "vault";

/** How often people are reminded of a rotation that is theirs to do. */
export const REMIND_EVERY_MS = 4 * 3_600_000;

/** A sealed account as far as the ledger knows it. */
export interface Account {
  readonly name: string;
  /** The newest generation that was seen. Each new secret is one. */
  readonly generation: number;
  readonly sealedAt: number;
  /** Who was the last to check it out, in which generation. */
  readonly out?:
    | { readonly request: string; readonly person: string; readonly generation: number; readonly until: number }
    | undefined;
  /** The newest generation that somebody may know. */
  readonly burnt?:
    | {
        readonly generation: number;
        readonly at: number;
        readonly request?: string | undefined;
        readonly person?: string | undefined;
        readonly reminders: number;
        readonly remindedAt?: number | undefined;
      }
    | undefined;
}

export type Accounts = ReadonlyMap<string, Account>;

/** Folds what is recorded of sealed accounts. */
export function foldAccounts(events: readonly DomainEvent[]): Accounts {
  const accounts = new Map<string, Account>();
  for (const event of events) {
    if (!("account" in event.data)) continue;
    const { account: name } = event.data;
    const before: Account = accounts.get(name) ?? { name, generation: 0, sealedAt: event.at };
    accounts.set(name, evolveAccount(before, event));
  }
  return accounts;
}

function evolveAccount(account: Account, event: DomainEvent): Account {
  switch (event.type) {
    case "AccountSealed": {
      const { generation } = event.data;
      return generation <= account.generation ? account : { ...account, generation, sealedAt: event.at };
    }
    case "AccountCheckedOut": {
      const { request, person, generation, deadline: until } = event.data;
      return { ...account, out: { request, person, generation, until } };
    }
    case "AccountBurnt": {
      const { generation, request, person } = event.data;
      if (generation <= (account.burnt?.generation ?? 0)) return account;
      return { ...account, burnt: { generation, at: event.at, request, person, reminders: 0 } };
    }
    case "OfflineOpened": {
      const { generation } = event.data;
      if (generation <= (account.burnt?.generation ?? 0)) return account;
      return { ...account, burnt: { generation, at: event.at, reminders: 0 } };
    }
    case "RotationReminded":
      if (account.burnt === undefined) return account;
      return { ...account, burnt: { ...account.burnt, reminders: event.data.nth, remindedAt: event.at } };
    default:
      return account;
  }
}

/** Whether it can be checked out, and if not, why. */
export type AccountStanding =
  | { readonly kind: "free" }
  | { readonly kind: "out"; readonly request: string; readonly person: string; readonly until?: number | undefined }
  | { readonly kind: "burnt"; readonly request?: string | undefined; readonly person?: string | undefined };

/**
 * Where an account stands.
 *
 * @param account - as recorded; undefined where nothing is
 * @param holder - the request that checked it out last, as it is now; undefined where it is not known
 * @param generation - the newest one that is sealed, for whoever can see that; else as recorded
 */
export function accountStanding(
  account: Account | undefined,
  holder: RequestState | undefined,
  generation = account?.generation ?? 0,
): AccountStanding {
  if (account === undefined) return { kind: "free" };
  const { out, burnt } = account;
  if (out !== undefined && holder !== undefined && !isOver(holder) && mayHaveAccess(holder))
    return {
      kind: "out",
      request: out.request,
      person: out.person,
      until: holder.phase === "ending" ? undefined : (holder.deadline ?? out.until),
    };
  if (burnt !== undefined && generation <= burnt.generation)
    return { kind: "burnt", request: burnt.request, person: burnt.person };
  // What can't be known of a check-out counts as if it was handed out.
  if (out !== undefined && generation <= out.generation && (holder === undefined || wasHandedOut(holder)))
    return { kind: "burnt", request: out.request, person: out.person };
  return { kind: "free" };
}

/** Until when somebody has it, as the end of a sentence: ` until 03:27 UTC`. */
export function untilText(until: number | undefined): string {
  return until === undefined ? ", and it is being taken back" : ` until ${utc(until)}`;
}

/** What is left of a static secret whose time is over, as a sentence. */
export const SECRET_LEFT: Readonly<Record<"unopened" | "burnt" | "rotated", string>> = {
  unopened: "Its password was shown to nobody, and is back in the vault.",
  burnt: "Its password can't be forgotten: until people have rotated it, nobody can check it out.",
  rotated: "Its password is another one now.",
};

/** Whether somebody may know the secret that a request was for, and it was the target's still when that ended. */
function wasHandedOut(holder: RequestState): boolean {
  return wasOpened(holder) && holder.secret !== "rotated";
}

/**
 * What the program must record of an account by itself, derived from facts alone.
 *
 * @param account - as recorded
 * @param standing - where it stands by what is sealed now
 * @param generation - the newest one that is sealed
 * @param now - epoch milliseconds
 */
export function outstandingOf(
  account: Account,
  standing: AccountStanding,
  generation: number,
  now: number,
): NewEvent | undefined {
  const { name, burnt } = account;
  if (standing.kind !== "burnt") return undefined;
  if (burnt === undefined || burnt.generation < generation) {
    const { request, person } = standing;
    return { type: "AccountBurnt", actor: CLOCK, data: { account: name, generation, request, person } };
  }
  if (now < (burnt.remindedAt ?? burnt.at) + REMIND_EVERY_MS) return undefined;
  const data = { account: name, generation, nth: burnt.reminders + 1, burntAt: burnt.at };
  return { type: "RotationReminded", actor: CLOCK, data };
}
