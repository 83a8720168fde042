import type { Actor } from "../domain/people.ts";
import { PLATFORMS, type Platform } from "../domain/platform.ts";
import type { Policy } from "../domain/policy/schema.ts";
import { Refusal } from "../errors.ts";
import type { Directory } from "./directory.ts";

/** Somebody who calls: an account of a chat platform, or of the server's operating system. */
export type Caller =
  | { readonly via: Platform; readonly account: string }
  | { readonly via: "cli"; readonly account: string };

/** The program itself: its time has come to begin a drill. No call from outside is ever made into one. */
export type ByClock = { readonly via: "clock" };

/** Each policy's people by their accounts: made once, because a policy may have thousands and every call asks. */
const byAccount = new WeakMap<Policy, ReadonlyMap<string, string>>();

/** The person an account of a platform is bound to; undefined when nobody is. */
export function personOf(policy: Policy, platform: Platform, account: string): string | undefined {
  let people = byAccount.get(policy);
  if (people === undefined) {
    people = new Map(
      Object.entries(policy.people).flatMap(([person, accounts]) =>
        PLATFORMS.flatMap((each) => {
          const bound = accounts[each];
          return bound === undefined ? [] : [[keyOf(each, bound), person] as const];
        }),
      ),
    );
    byAccount.set(policy, people);
  }
  return people.get(keyOf(platform, account));
}

/** An Entra object id is the same in capitals; Slack's ids are never small. */
function keyOf(platform: Platform, account: string): string {
  return `${platform} ${platform === "teams" ? account.toLowerCase() : account}`;
}

/**
 * Finds the person behind a call, and refuses whoever may do nothing here: strangers, guests, bots, deactivated accounts,
 * and accounts the platform can't vouch for at this moment.
 *
 * @throws `PERSON_UNKNOWN`, `ACCOUNT_REFUSED`, `ACCOUNT_UNVERIFIED`
 */
export async function whois(
  policy: Policy,
  caller: Caller | ByClock,
  directory: Directory,
): Promise<Actor & { person?: string }> {
  if (caller.via === "cli" || caller.via === "clock") return caller;
  const { via, account } = caller;
  const [standing, person] = [await directory.standing(account, via), personOf(policy, via, account)];
  if (standing.kind === "refused") {
    throw new Refusal("ACCOUNT_REFUSED", `Your account can do nothing here: ${standing.why}.`, {
      next: `Use your own full account of this ${via === "teams" ? "organisation" : "workspace"}.`,
    });
  }
  if (standing.kind === "unknown") {
    throw new Refusal("ACCOUNT_UNVERIFIED", "The chat platform could not say what kind of account yours is.", {
      next: "Try again in a moment.",
    });
  }
  if (person === undefined) {
    throw new Refusal("PERSON_UNKNOWN", "The policy does not know you.", {
      next: `Ask whoever keeps it to add you under people, with the ${via === "teams" ? "Entra object " : ""}id ${account}.`,
    });
  }
  return { person, via, account };
}
