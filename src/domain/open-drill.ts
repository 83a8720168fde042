import { Refusal } from "../errors.ts";
import type { CommandOf, Facts } from "./commands.ts";
import type { EventData, NewEvent } from "./events.ts";
import { byItself } from "./automatic.ts";
import { channelsOf, roleVerdict } from "./open-request.ts";
import { peopleOf, type Actor } from "./people.ts";
import { offers } from "./policy/offers.ts";
import type { DrillRule, Policy } from "./policy/schema.ts";
import { isOver, type RequestState } from "./request.ts";
import { list, quote } from "./text.ts";

type Opened = Extract<NewEvent, { type: "RequestOpened" }>;

/** A drill's access, where its rule doesn't say: long enough for any target, and it ends as soon as it was tried. */
const DURATION_MS = 300_000;

/**
 * Decides on a new drill: a request in the name of nobody, to which the same policy applies. That its rule stands in the policy is what
 * allows it. Whether its approvers are there is not asked before: to find out is what it is for.
 *
 * @throws `DRILL_UNKNOWN`, `DRILL_NOT_ALLOWED`, `REQUEST_DUPLICATE`
 */
export function openDrill(command: CommandOf<"OpenDrill">, facts: Facts): [Opened] {
  const { policy } = facts;
  const rule = findDrill(policy, command);
  refuseStranger(command.by, rule, facts);
  const target = policy.targets[rule.target];
  const role = target?.roles[rule.role];
  if (target === undefined || role === undefined) throw unknownDrill(policy, command);
  const earlier = facts.earlier.find((each) => !isOver(each) && isOf(rule, each));
  if (earlier !== undefined)
    throw new Refusal("REQUEST_DUPLICATE", `A drill of ${rule.role} on ${rule.target} is under way: ${earlier.id}.`, {
      next: "Wait until it is over.",
    });

  const { person, approver, duration } = rule;
  // No fact holds for nobody: there people decide.
  const isPolicys = approver === undefined && role.approval.automatic?.when.length === 0;
  const automatic = isPolicys ? byItself(rule, role, facts).automatic : undefined;
  const voting = peopleOf(facts.groups, role.approval.approvers ?? []).filter((each) => each !== command.by.person);
  const called = approver !== undefined || automatic !== undefined ? [] : voting;
  const drill: EventData<"RequestOpened">["drill"] = {
    ...(approver !== undefined && { approver }),
    by: command.by.via === "clock" ? "schedule" : "hand",
    ...(command.dueAt !== undefined && { dueAt: command.dueAt }),
  };
  const data: EventData<"RequestOpened"> = {
    requester: person,
    target: rule.target,
    role: rule.role,
    durationMs: duration ?? Math.min(DURATION_MS, role.duration.max),
    verdict: {
      ...roleVerdict(policy, { target, role }, { called, automatic }),
      ...(approver !== undefined && { quorum: 1, escalate: [] }),
    },
    channels: channelsOf(command, policy),
    delivery: command.delivery,
    drill,
  };
  const justification = `Drill of ${rule.role} on ${target.title}: the whole path is tried, and nobody is handed access.`;
  return [{ type: "RequestOpened", actor: command.by, data, notes: { justification } }];
}

/**
 * The rule of a drill that somebody asks for.
 *
 * @throws `DRILL_UNKNOWN`, which says which there are
 */
export function findDrill(
  policy: Policy,
  asked: { readonly target: string; readonly role?: string | undefined },
): DrillRule {
  const here = policy.drills.filter(({ target }) => target === asked.target);
  const found = asked.role === undefined ? here : here.filter(({ role }) => role === asked.role);
  const [rule, another] = found;
  if (rule === undefined) throw unknownDrill(policy, asked);
  if (another === undefined) return rule;
  const roles = found.map(({ role }) => role);
  throw new Refusal("DRILL_UNKNOWN", `There are drills of ${list(roles, "and")} on ${rule.target}.`, {
    next: `Say which: /breakglass drill ${rule.target} ${rule.role}`,
  });
}

/** Whether a request is a drill by this rule. */
export function isOf({ target, role }: Pick<DrillRule, "target" | "role">, state: RequestState): boolean {
  return state.drill !== undefined && state.target === target && state.role === role;
}

/**
 * Refuses what would hand a drill's access to somebody.
 *
 * @throws `DRILL_CREDENTIAL`
 */
export function refuseDrill({ id, drill }: Pick<RequestState, "id" | "drill">): void {
  if (drill === undefined) return;
  throw new Refusal("DRILL_CREDENTIAL", `${id} is a drill: its access is handed to nobody.`, {
    next: "Ask for access of your own: /breakglass",
  });
}

/** By hand it is begun by those who may ask for the role, and by administrators. */
function refuseStranger({ via, person }: Actor, rule: DrillRule, { policy, groups }: Facts): void {
  if (via === "clock") return;
  if (person !== undefined) {
    const mayAsk = offers(policy, groups, person).some(
      ({ target, role }) => target === rule.target && role === rule.role,
    );
    if (mayAsk || peopleOf(groups, policy.admins ?? []).includes(person)) return;
  }
  throw new Refusal("DRILL_NOT_ALLOWED", `You may not begin a drill of ${rule.role} on ${rule.target}.`, {
    next: `Those may who may ask for ${rule.role} themselves, and administrators.`,
  });
}

function unknownDrill(policy: Policy, { target, role }: { target: string; role?: string | undefined }): Refusal {
  const what = role === undefined ? quote(target) : `${quote(role)} on ${quote(target)}`;
  const known = policy.drills.map((rule) => `${rule.target} ${rule.role}`);
  return new Refusal("DRILL_UNKNOWN", `The policy has no drill of ${what}.`, {
    next:
      known.length === 0
        ? "It has none at all: whoever keeps it adds them under drills."
        : `It has drills of: ${list(known.slice(0, 10), "and")}.`,
  });
}
