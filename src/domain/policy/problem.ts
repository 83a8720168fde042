/** Something wrong in the policy, where it stands, and what would be right. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}
