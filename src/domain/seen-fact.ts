import type { Condition } from "./policy/facts-schema.ts";

/** A condition of the policy, as it was seen to hold or not. What can't be read doesn't hold. */
export interface SeenFact extends Condition {
  readonly holds: boolean;
  /** Why not, as a clause: `not on call in primary`. */
  readonly why?: string | undefined;
  /** When it was read, epoch milliseconds. */
  readonly at: number;
}
