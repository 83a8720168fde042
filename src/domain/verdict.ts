import { z } from "zod";
import { reviewTermsSchema } from "./review.ts";

/**
 * What policy said at the moment of asking, frozen into the request. Who belongs to the groups is not frozen: an approver
 * must be in one at the moment of the click.
 */
export const verdictSchema = z.object({
  /** Which policy, by its hash. */
  policy: z.string(),
  title: z.string(),
  provider: z.string(),
  runbook: z.string().optional(),
  /** The role's `grant:` as the policy wrote it; it holds names, never secrets. */
  grant: z.json(),
  quorum: z.int(),
  /** Groups whose people may approve, empty when approval is automatic only. */
  approvers: z.array(z.string()),
  /** The people who were called, and the chat platform's groups that were. */
  called: z.array(z.string()),
  escalate: z.array(z.object({ afterMs: z.int(), to: z.array(z.string()) })),
  lapseMs: z.int(),
  emergency: z.object({ afterMs: z.int(), maxMs: z.int() }).optional(),
  /** Present when policy approved by itself: which use of the budget this is, if there is one. */
  automatic: z.object({ use: z.int().optional(), of: z.int().optional(), perMs: z.int().optional() }).optional(),
  /** Present when policy would have approved by itself, had its budget not been used up. */
  spent: z.object({ of: z.int(), perMs: z.int() }).optional(),
  /** Present when policy's approving by itself hung on facts: what was seen of each, and when it was read. All held where it approved. */
  facts: z
    .array(
      z.object({
        ...{ kind: z.enum(["onCall", "incident"]), of: z.array(z.string()).readonly(), holds: z.boolean() },
        ...{ why: z.string().optional(), at: z.int() },
      }),
    )
    .optional(),
  /** Who has to confirm with a key of their own. Absent where nobody has. */
  stepUp: z.array(z.enum(["requester", "approver"])).optional(),
  /** Whether what is run is recorded, because people come through the session gateway. */
  recorded: z.boolean().optional(),
  /** How it is reviewed afterwards. Absent where it isn't. */
  review: reviewTermsSchema.optional(),
  /** Requests of the team whose overdue reviews keep people from approving this one; the emergency path stays open. */
  heldUpBy: z.array(z.string()).optional(),
});

export type Verdict = z.output<typeof verdictSchema>;
