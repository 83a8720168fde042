import { CodedError, Refusal } from "../errors.ts";
import { untilText } from "./accounts.ts";
import { byItself, refuseOnFacts, type ByItself } from "./automatic.ts";
import type { Command, CommandOf, Facts } from "./commands.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import type { EventData, NewEvent } from "./events.ts";
import { peopleOf } from "./people.ts";
import { roleOf } from "./policy/find.ts";
import { findRole } from "./policy/offers.ts";
import type { Policy, Role, Target } from "./policy/schema.ts";
import type { Platform } from "./platform.ts";
import type { Verdict } from "./verdict.ts";
import { heldUp, overdueReviews, reviewOf } from "./review-rules.ts";
import { counted, list, plainLine } from "./text.ts";

type Opened = Extract<NewEvent, { type: "RequestOpened" }>;

/** How many characters of a justification are kept. */
export const JUSTIFICATION_MAX = 1_000;

/** Whether whoever asks for a role has to confirm it with a key. */
export function asksForKey(policy: Policy, target: string, role: string): boolean {
  return roleOf(policy, target, role)?.stepUp.includes("requester") === true;
}

/**
 * Decides on a new request: asks policy and freezes its verdict.
 *
 * @throws `TARGET_UNKNOWN`, `ROLE_NOT_ALLOWED`, `DURATION_INVALID`, `JUSTIFICATION_MISSING`, `JUSTIFICATION_TOO_LONG`,
 *   `REQUEST_DUPLICATE`, `SEALED_OUT`, `SEALED_BURNT`, `FACTS_MISSING`, `QUORUM_UNREACHABLE`, `REVIEW_OVERDUE`
 */
export function openRequest(command: CommandOf<"OpenRequest">, facts: Omit<Facts, "keys">): [Opened] {
  const requester = command.by.person;
  const { target, role } = findRole(facts.policy, facts.groups, requester, command);
  const durationMs = durationOf(command.duration, role);
  const justification = justificationOf(command.justification);
  refuseDuplicate(command, facts);
  refuseTaken(command.target, facts);

  const heldUpBy = overdueReviews(facts, requester);
  const { approval } = role;
  // The emergency path stays open, loud as it is.
  const canGoAlone = approval.emergency !== undefined && approval.approvers !== undefined;
  if (heldUpBy.length > 0 && !canGoAlone) throw heldUp(heldUpBy);
  const own: ByItself | undefined = heldUpBy.length === 0 ? byItself(command, role, facts) : undefined;
  const automatic = own?.automatic;
  const called = peopleOf(facts.groups, approval.approvers ?? []).filter((person) => person !== requester);
  if (automatic === undefined) {
    refuseOnFacts(own?.facts, role);
    refuseUnreachable(role, facts, requester);
  }

  const data: EventData<"RequestOpened"> = {
    requester,
    target: command.target,
    role: command.role,
    durationMs,
    verdict: {
      ...roleVerdict(
        facts.policy,
        { target, role },
        {
          called,
          emergency: approval.emergency && { afterMs: approval.emergency.after, maxMs: approval.emergency.max },
          automatic,
          spent: own?.spent,
          ...(own?.facts !== undefined && { facts: own.facts }),
        },
      ),
      review: reviewOf(role, facts, requester),
      heldUpBy: heldUpBy.length === 0 ? undefined : heldUpBy,
    },
    channels: channelsOf(command, facts.policy),
    delivery: command.delivery,
    after: command.after,
  };
  return [{ type: "RequestOpened", actor: command.by, data, notes: { justification } }];
}

/**
 * A verdict but for its review.
 *
 * @param now - what depends on who asks, and when
 */
export function roleVerdict(
  policy: Policy,
  { target, role }: { readonly target: Target; readonly role: Role },
  { called, ...now }: Pick<Verdict, "called" | "emergency" | "automatic" | "spent" | "facts">,
) {
  const { approval } = role;
  return {
    policy: policy.hash,
    title: target.title,
    provider: target.provider,
    runbook: target.runbook,
    grant: role.grant,
    quorum: approval.quorum,
    approvers: approval.approvers ?? [],
    called,
    escalate: approval.escalate.map(({ after, to }) => ({ afterMs: after, to })),
    lapseMs: approval.lapse,
    ...now,
    stepUp: role.stepUp.length === 0 ? undefined : role.stepUp,
    ...(target.gateway !== undefined && { recorded: true }),
  };
}

/** The channels of each platform that the policy names. A channel of the incident's own belongs to the platform it was typed in. */
export function channelsOf(
  { by, thread }: Pick<Command, "by"> & { readonly thread?: string | undefined },
  { channels: { incidents, approvals, security } }: Policy,
): EventData<"RequestOpened">["channels"] {
  const of = (platform: Platform) => ({
    thread: (by.via === platform ? thread : undefined) ?? incidents[platform],
    approvals: approvals[platform],
    security: security[platform],
  });
  const teams = of("teams");
  return Object.values(teams).every((channel) => channel === undefined) ? of("slack") : { ...of("slack"), teams };
}

function durationOf(asked: string | undefined, role: Role): number {
  if (asked === undefined) return role.duration.default;
  const most = `This role allows at most ${formatDuration(role.duration.max)}; without a duration it is ${formatDuration(role.duration.default)}.`;
  let ms: number;
  try {
    ms = parseDuration(asked);
  } catch (error) {
    const { message, next } = error as CodedError;
    throw new Refusal("DURATION_INVALID", message, { next: `${next} ${most}` });
  }
  if (ms > role.duration.max)
    throw new Refusal("DURATION_INVALID", `${formatDuration(ms)} is too long.`, { next: most });
  return ms;
}

function justificationOf(typed: string): string {
  const justification = plainLine(typed);
  if (justification === "") {
    throw new Refusal("JUSTIFICATION_MISSING", "A request needs a justification.", {
      next: "Say in a few words why, for instance: INC-42 orders stuck after failover.",
    });
  }
  if (justification.length > JUSTIFICATION_MAX) {
    throw new Refusal("JUSTIFICATION_TOO_LONG", `The justification has ${justification.length} characters.`, {
      next: `Keep it under ${JUSTIFICATION_MAX}; link to the rest.`,
    });
  }
  return justification;
}

/** Asking again while access still runs is right (it is how more time is had); asking twice at once is not. */
function refuseDuplicate(command: CommandOf<"OpenRequest">, { earlier }: Pick<Facts, "earlier">): void {
  const twin = earlier.find(
    ({ phase, target, role }) =>
      ["unconfirmed", "waiting", "approved", "granting"].includes(phase) &&
      target === command.target &&
      role === command.role,
  );
  if (twin === undefined) return;
  throw new Refusal("REQUEST_DUPLICATE", `You already asked for this: ${twin.id} is still open.`, {
    next: `Wait for it, or withdraw it: /breakglass end ${twin.id}.`,
  });
}

/** Better said now than when somebody has approved it. */
function refuseTaken(target: string, { account, policy }: Pick<Facts, "account" | "policy">): void {
  if (account === undefined || account.kind === "free") return;
  const { person, request } = account;
  const name = person === undefined ? undefined : (policy.people[person]?.name ?? person);
  if (account.kind === "out") {
    throw new Refusal(
      "SEALED_OUT",
      `${name ?? ""} has ${target} checked out${untilText(account.until)} (${account.request}).`,
      {
        next: "One person at a time has it. Ask again when it is back, or ask them.",
      },
    );
  }
  const who = name === undefined ? "it was opened offline" : `${name} was handed its password (${request ?? ""})`;
  throw new Refusal("SEALED_BURNT", `${target} is burnt: ${who}, and it was not rotated since.`, {
    next: "Ask the people who run this service to rotate it: breakglass vault rotate, on the server.",
  });
}

/** An approver list that is empty, or couldn't be read, approves nothing; better said now than waited for. */
function refuseUnreachable({ approval }: Role, { groups }: Pick<Facts, "groups">, requester: string): void {
  const names = [...(approval.approvers ?? []), ...approval.escalate.flatMap(({ to }) => to)];
  const reachable = peopleOf(groups, names).filter((person) => person !== requester).length;
  if (reachable >= approval.quorum) return;
  const unread = names.filter((name) => groups.get(name)?.readable !== true);
  const why = unread.length === 0 ? "" : ` The members of ${list(unread, "and")} could not be read.`;
  throw new Refusal(
    "QUORUM_UNREACHABLE",
    `It takes ${approval.quorum} of ${names.join(", ")}, and without you ${reachable === 0 ? "nobody is there" : `only ${counted(reachable, "person is", "people are")} there`}.${why}`,
    { next: unread.length === 0 ? "Ask whoever keeps the policy to add approvers." : "Try again in a minute." },
  );
}
