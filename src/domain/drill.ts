import { z } from "zod";

const ms = z.int();

/** That a request is a rehearsal, for ever: asked for in the name of nobody, and its credential is handed to nobody. */
export const drillSchema = z.object({
  /** Who votes by itself, in the policy's name for it; absent where people do, or policy. */
  approver: z.string().optional(),
  /** Whether its time had come, or a person began it. */
  by: z.enum(["schedule", "hand"]),
  /** When its time had come, epoch milliseconds. */
  dueAt: ms.optional(),
});

/**
 * Whether the drill's credential works. `unknown`: this kind of target has nothing to try, and nobody looked. `what`: what was looked at,
 * in words for the thread.
 */
export const triedSchema = z.object({
  works: z.enum(["yes", "no", "unknown"]),
  what: z.string().optional(),
  code: z.string().optional(),
  problem: z.string().optional(),
});

/** What a drill can end of, in the order of its steps. */
const FAILURES = [
  "denied",
  "withdrawn",
  "lapsed",
  "not-granted",
  "not-tried",
  "not-working",
  /** It is gone, and was a minute late or more. */
  "late",
] as const;
export type DrillFailure = (typeof FAILURES)[number];

/** A drill's steps, in order. */
export const DRILL_STEPS = ["approved", "granted", "works", "revoked", "checked"] as const;
export type DrillStep = (typeof DRILL_STEPS)[number];

/** How a drill went: how long after its request each step was reached, milliseconds; absent where it wasn't. */
export const scoreSchema = z.object({
  passed: z.boolean(),
  failure: z.enum(FAILURES).optional(),
  steps: z.object({
    ...{ approved: ms.optional(), granted: ms.optional(), works: ms.optional() },
    ...{ revoked: ms.optional(), checked: ms.optional() },
  }),
  /** How long after its end the access was gone, and that was checked. */
  lateMs: ms.optional(),
  /** How many tries the revoke took. */
  revokes: ms.optional(),
});

export type Tried = z.output<typeof triedSchema>;
export type Score = z.output<typeof scoreSchema>;

/** A drill, folded from its request's events. */
export interface Drill extends z.output<typeof drillSchema> {
  readonly grantedAt?: number | undefined;
  readonly tried?: (Tried & { readonly at: number }) | undefined;
  /** When the target had taken the access away, and how many tries that took. */
  readonly revokedAt?: number | undefined;
  readonly revokes?: number | undefined;
  readonly score?: Score | undefined;
}

/** From this lateness on a drill has failed: it is when overdue access pages. */
export const TOO_LATE_MS = 60_000;

/** What every card, line and list has before a drill: it must never be taken for the real thing. */
export function drillMark({ drill }: { readonly drill?: object | undefined }): string {
  return drill === undefined ? "" : "DRILL · ";
}
