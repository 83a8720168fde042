/** How the policy's people are called in a chat platform. */
export interface Names {
  /** `Alice Ng`; the key itself when the policy no longer knows the person. */
  readonly name: (person: string) => string;
  /** `U0ALICE`, or undefined. */
  readonly account: (person: string) => string | undefined;
}
