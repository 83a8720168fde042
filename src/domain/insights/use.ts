import { z } from "zod";
import { wasOpened, type RequestState } from "../request.ts";
import { DURATION_WAS, NEEDED, SCOPE_WAS, USES } from "../review.ts";

/** How it came about that somebody got in. */
export const WAYS = ["automatic", "approved", "emergency"] as const;
export type Way = (typeof WAYS)[number];

const ms = z.number();

/** What insights need of a request, and no more: a hundred thousand of them are read at once. Times in milliseconds. */
export const useSchema = z.object({
  ...{ id: z.string(), openedAt: ms, requester: z.string(), target: z.string(), role: z.string() },
  end: z.enum(["open", "ended", "denied", "withdrawn", "lapsed"]),
  /** Absent until it is decided that there is access, and where it isn't. */
  way: z.enum(WAYS).optional(),
  /** From when it could be decided to when people had decided: where they did, and in favour. */
  waitedMs: ms.optional(),
  approvers: z.array(z.string()),
  /** It was a rehearsal: it says nothing of how much access is needed. */
  drill: z.literal(true).optional(),
  /** It took more than one click of one person: several people, or a key. */
  guarded: z.literal(true).optional(),
  /** Whether the target gave access. */
  given: z.boolean(),
  /** For how long it was given. */
  grantedMs: ms.optional(),
  /** How much of that was needed: up to the last that was run, where that is seen, and else up to the end. 0: nobody came in. */
  usedMs: ms.optional(),
  /** How long after its end it was gone. */
  lateMs: ms.optional(),
  review: z
    .object({ use: z.enum(USES), needed: z.enum(NEEDED), duration: z.enum(DURATION_WAS), scope: z.enum(SCOPE_WAS) })
    .optional(),
});

export type Use = z.output<typeof useSchema>;

/** What insights need of a request, as far as it has come. */
export function useOf(state: RequestState): Use {
  const { id, openedAt, requester, target, role, approvals, grant, review, lateMs } = state;
  const given = grant?.outcome === "given";
  const way = wayOf(state);
  const { use, needed, duration, scope } = review?.submitted ?? {};
  return {
    ...{ id, openedAt, requester, target, role, given, end: endOf(state) },
    ...(way !== undefined && { way }),
    ...(way === "approved" && { waitedMs: Math.max(0, (state.approvedAt ?? 0) - state.waitsFrom) }),
    approvers: approvals.flatMap(({ by }) => (by.person === undefined ? [] : [by.person])),
    ...((state.verdict.quorum > 1 || (state.verdict.stepUp ?? []).length > 0) && { guarded: true as const }),
    ...(state.drill !== undefined && { drill: true as const }),
    ...(given && { grantedMs: state.durationMs }),
    ...(given && state.phase === "ended" && { usedMs: usedMs(state), lateMs: lateMs ?? 0 }),
    ...(use && needed && duration && scope && { review: { use, needed, duration, scope } }),
  };
}

function endOf({ phase }: RequestState): Use["end"] {
  return phase === "ended" || phase === "denied" || phase === "withdrawn" || phase === "lapsed" ? phase : "open";
}

function wayOf({ approvedAt, verdict, emergency }: RequestState): Way | undefined {
  if (approvedAt === undefined) return undefined;
  if (emergency) return "emergency";
  return verdict.automatic === undefined ? "approved" : "automatic";
}

function usedMs(state: RequestState): number {
  const { grant, endedAt = 0, observed, revealable, verdict } = state;
  const began = grant?.startedAt ?? endedAt;
  const wasSeen = verdict.recorded === true || observed !== undefined;
  if ((revealable && !wasOpened(state)) || (wasSeen && (observed?.statements ?? 0) === 0)) return 0;
  const until = observed === undefined ? endedAt : Math.min(endedAt, observed.lastAt);
  // How long it outlived its end is another figure.
  return Math.min(state.durationMs, Math.max(0, until - began));
}
