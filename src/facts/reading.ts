/** Who a source says is on call, by what it knows of them. */
export interface OnCall {
  /** The source's own id of the person. */
  readonly id?: string | undefined;
  readonly email?: string | undefined;
  /** The person of the policy, where the source knows people by that. */
  readonly person?: string | undefined;
  /** From when until when, epoch milliseconds; absent where that isn't told, or there is no end. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** A source could not be read. Its message is a clause that holds no secret: `PagerDuty does not know the token (401)`. */
export class Unreadable extends Error {}
