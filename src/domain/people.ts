/** Where a call came from. `clock` is the program itself; `cli` someone with a shell on the server. */
export type Via = "slack" | "teams" | "cli" | "clock";

/** Who did something: a person of the policy, by which account. */
export interface Actor {
  readonly person?: string | undefined;
  readonly via: Via;
  /** The platform's own id of the account, `U0CAROL`. */
  readonly account?: string | undefined;
}

/** The program itself, when a time has come. */
export const CLOCK: Actor = { via: "clock" };

/** Who is in a group at this moment. A group that couldn't be read has nobody in it, and says so. */
export interface Members {
  readonly people: readonly string[];
  readonly readable: boolean;
}

/** The groups that a decision looked at. */
export type Groups = ReadonlyMap<string, Members>;

/**
 * The people of several groups, each once.
 *
 * @param groups - what is known
 * @param names - which of them
 */
export function peopleOf(groups: Groups, names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => groups.get(name)?.people ?? []))];
}
