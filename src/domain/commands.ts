import type { Said } from "./review.ts";
import type { Actor, Groups } from "./people.ts";
import type { Policy } from "./policy/schema.ts";
import type { Keys } from "./keys.ts";
import type { Proof } from "./proof.ts";
import type { AccountStanding } from "./accounts.ts";
import type { RequestState } from "./request.ts";
import type { SeenFact } from "./seen-fact.ts";

/** What people can ask of a request. `by` is who; it was checked against the chat platform before it came here. */
export type Command =
  | {
      readonly type: "OpenRequest";
      readonly by: Actor & { readonly person: string };
      readonly target: string;
      readonly role: string;
      /** As typed; absent means the role's default. */
      readonly duration?: string | undefined;
      readonly justification: string;
      /** The channel the thread stands in, in the platform it was asked from, when it isn't the policy's. */
      readonly thread?: string | undefined;
      readonly delivery?: string | undefined;
      /** The earlier request that this one asks again. */
      readonly after?: string | undefined;
    }
  /** A rehearsal, begun by a person or, when its time has come, by the program itself. */
  | {
      readonly type: "OpenDrill";
      readonly by: Actor;
      readonly target: string;
      /** Absent: the only drill that the target has. */
      readonly role?: string | undefined;
      readonly thread?: string | undefined;
      readonly delivery?: string | undefined;
      /** When its time had come, epoch milliseconds. */
      readonly dueAt?: number | undefined;
    }
  /** The requester confirms their own request with a key. */
  | { readonly type: "Confirm"; readonly by: Actor; readonly proof?: Proof | undefined }
  | { readonly type: "Approve"; readonly by: Actor; readonly proof?: Proof | undefined }
  | { readonly type: "Deny"; readonly by: Actor; readonly reason: string }
  | { readonly type: "Withdraw"; readonly by: Actor }
  | { readonly type: "BreakGlass"; readonly by: Actor; readonly proof?: Proof | undefined }
  /** To see the secret. `nonce` is of the one-time link whose page asks; without it, it is a click that wants such a link. */
  | {
      readonly type: "Reveal";
      readonly by: Actor;
      readonly nonce?: string | undefined;
      readonly proof?: Proof | undefined;
    }
  | { readonly type: "RotateCredential"; readonly by: Actor }
  | { readonly type: "EndEarly"; readonly by: Actor }
  | { readonly type: "RevokeNow"; readonly by: Actor; readonly reason?: string | undefined }
  | { readonly type: "SubmitReview"; readonly by: Actor; readonly said: Said }
  | { readonly type: "CloseFollowUp"; readonly by: Actor; readonly nth: number };

export type CommandOf<T extends Command["type"]> = Extract<Command, { type: T }>;

/** All that the outside knows at the moment of a decision. */
export interface Facts {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly policy: Policy;
  /** Every group the decision may look at; one that is missing here has nobody in it. */
  readonly groups: Groups;
  /** The requester's own requests: open ones, and those young enough to count in a budget. Only for `OpenRequest`. */
  readonly earlier: readonly RequestState[];
  /** Requests whose review is overdue. Only for `OpenRequest`, and where policy lets one hold a team up. */
  readonly unreviewed: readonly RequestState[];
  /** Where the sealed account stands that is asked for, if it is one. Only for `OpenRequest`. */
  readonly account?: AccountStanding | undefined;
  /** What was seen of the conditions on which policy approves by itself. What wasn't looked at doesn't hold. Only for `OpenRequest`. */
  readonly seen?: readonly SeenFact[];
  /** The keys that are enrolled now. */
  readonly keys: Keys;
  /** Whether the request's newest credential waits, sealed, and no page has said that it was shown. Only for `Reveal`. */
  readonly credentialWaits?: boolean;
}
