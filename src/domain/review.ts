import { z } from "zod";

/** What the access turned out to be. */
export const USES = ["emergency", "routine", "drill", "misuse"] as const;
export const NEEDED = ["yes", "partly", "no"] as const;
export const DURATION_WAS = ["right", "too-long", "too-short"] as const;
export const SCOPE_WAS = ["right", "too-wide", "too-narrow"] as const;

/** What is asked in a post-incident review, but for what is said in the reviewer's own words. */
export const answersSchema = z.object({
  use: z.enum(USES),
  needed: z.enum(NEEDED),
  duration: z.enum(DURATION_WAS),
  scope: z.enum(SCOPE_WAS),
});
export type Answers = z.output<typeof answersSchema>;

/** Something to be done so that the access is needed less: by whom, and until when (`2026-12-01`). */
export const followUpSchema = z.object({ owner: z.string(), due: z.iso.date() });

/** How a review is asked for: policy's `review:`, frozen into the request. */
export const reviewTermsSchema = z.object({
  by: z.array(z.string()),
  dueMs: z.int(),
  /** Present where an overdue review holds up the team: the groups by which its requester could ask. */
  gates: z.array(z.string()).optional(),
  /** Present where only an emergency is reviewed. */
  emergencyOnly: z.literal(true).optional(),
});
export type ReviewTerms = z.output<typeof reviewTermsSchema>;

/** Something to be done, as far as it has come. */
export interface FollowUp {
  /** Its number within the review, from 1. */
  readonly nth: number;
  readonly what: string;
  readonly owner: string;
  /** The last day on which it is in time, `2026-12-01`, UTC. */
  readonly due: string;
  readonly doneAt?: number;
  /** When it was given to a tracker, where it was. */
  readonly sentAt?: number;
  /** How often its owner was reminded, and when last. */
  readonly reminders: number;
  readonly remindedAt?: number;
}

/** A review, folded from its request's events. */
export interface Review {
  readonly openedAt: number;
  readonly dueAt: number;
  /** Who is asked first; anybody of the groups can do it who neither asked nor approved. */
  readonly reviewer?: string | undefined;
  /** Whether its reviewer was reminded before it was due. */
  readonly reminded: boolean;
  /** How often it was told that it is overdue, and when last. */
  readonly overdues: number;
  readonly overdueToldAt?: number;
  readonly submitted?: Answers & {
    readonly at: number;
    readonly by: string;
    /** What would make it unnecessary; empty where nothing was said. */
    readonly prevention: string;
  };
  readonly followUps: readonly FollowUp[];
}

/** So many at most can be agreed on in one review: more are a project. */
export const FOLLOW_UPS_MAX = 3;
/** How many characters of what is said in a review are kept. */
export const PREVENTION_MAX = 1_000;
export const FOLLOW_UP_MAX = 200;

/** The end of a day, epoch milliseconds: what is due on it is late from then on. */
export function endOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) + 86_400_000;
}

/** The name under which a follow-up's words stand beside its entry. */
export function followUpNote(nth: number): string {
  return `follow-up ${nth}`;
}

/** What a reviewer said, as it came from a form. */
export interface Said {
  readonly use: string;
  readonly needed: string;
  readonly duration: string;
  readonly scope: string;
  readonly prevention: string;
  readonly followUps: readonly { readonly what: string; readonly owner: string; readonly due: string }[];
}
