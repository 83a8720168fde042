import type { Use, Way } from "./use.ts";

/** What came of everybody's requests for one role on one target. */
export class RoleTally {
  readonly target: string;
  readonly role: string;
  requests = 0;
  /** How often access was given. */
  uses = 0;
  readonly ways: Record<Way, number> = { automatic: 0, approved: 0, emergency: 0 };
  denied = 0;
  lapsed = 0;
  /** How often access was there, is over, and nobody came in. */
  neverUsed = 0;
  /** Of those that were over, in milliseconds, in the same order. */
  readonly grantedMs: number[] = [];
  readonly usedMs: number[] = [];
  /** How long people took to decide in favour, milliseconds. */
  readonly waitedMs: number[] = [];
  readonly lateMs: number[] = [];
  /** How many requests each of them approved. */
  readonly approvers = new Map<string, number>();
  /** How many reviews said so. */
  readonly said = { routine: 0, unneeded: 0, tooLong: 0, tooShort: 0, tooWide: 0, misuse: 0 };
  reviews = 0;
  /** Whether one of them took more than one click of one person. */
  guarded = false;

  constructor(target: string, role: string) {
    this.target = target;
    this.role = role;
  }

  /** Takes one of its requests. */
  add(use: Use): void {
    this.requests += 1;
    if (use.way !== undefined) this.ways[use.way] += 1;
    if (use.end === "denied") this.denied += 1;
    if (use.end === "lapsed") this.lapsed += 1;
    if (use.given) this.uses += 1;
    if (use.guarded === true) this.guarded = true;
    if (use.waitedMs !== undefined) this.waitedMs.push(use.waitedMs);
    if (use.lateMs !== undefined) this.lateMs.push(use.lateMs);
    if (use.way === "approved")
      for (const person of use.approvers) this.approvers.set(person, (this.approvers.get(person) ?? 0) + 1);
    if (use.usedMs !== undefined) {
      this.usedMs.push(use.usedMs);
      this.grantedMs.push(use.grantedMs ?? 0);
      if (use.usedMs === 0) this.neverUsed += 1;
    }
    if (use.review !== undefined) this.#addReview(use.review);
  }

  #addReview({ use, needed, duration, scope }: NonNullable<Use["review"]>): void {
    this.reviews += 1;
    if (use === "routine") this.said.routine += 1;
    if (use === "misuse") this.said.misuse += 1;
    if (needed === "no") this.said.unneeded += 1;
    if (duration === "too-long") this.said.tooLong += 1;
    if (duration === "too-short") this.said.tooShort += 1;
    if (scope === "too-wide") this.said.tooWide += 1;
  }
}
