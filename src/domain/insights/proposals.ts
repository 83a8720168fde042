import { formatDuration } from "../duration.ts";
import { counted, type Text } from "../text.ts";
import { distribution } from "./distribution.ts";
import type { RoleTally } from "./role-tally.ts";

/** What is proposed, by its name. */
export type ProposalKind =
  | "automatic"
  | "shorter"
  | "longer"
  | "unused"
  | "never-asked"
  | "one-approver"
  | "emergencies"
  | "lapses"
  | "routine"
  | "narrower"
  | "follow-ups"
  | "late";

/** What would make the access needed less, or the next time better. It follows from the numbers and from nothing else. */
export interface Proposal {
  readonly kind: ProposalKind;
  readonly target?: string | undefined;
  readonly role?: string | undefined;
  /** The person it names, if it names one. */
  readonly person?: string | undefined;
  readonly text: Text;
}

/** What is proposed beside what single roles come to. */
export interface Around {
  /** Follow-ups that reviews agreed on and that are not done, and how many of them are past their day. */
  readonly followUps: { readonly open: number; readonly overdue: number };
  /** Roles that the policy has, and over how long nobody asking for them means something; absent where that is too short a time. */
  readonly offered?: {
    readonly roles: readonly { readonly target: string; readonly role: string }[];
    readonly days: number;
  };
}

/** Fewer say nothing. */
const APPROVALS_MIN = 8;
const GRANTS_MIN = 5;
const TWICE_AND_AGAIN = 3;
/** So soon that nobody can have thought much about it. */
const AT_ONCE_MS = 120_000;
const SHORTEST_MS = 300_000;
const LATE_MS = 60_000;
/** Over fewer days nobody asking means nothing. */
export const NEVER_ASKED_DAYS = 60;

/** Everything that the numbers propose, the most telling first. */
export function proposals(tallies: readonly RoleTally[], around: Around): Proposal[] {
  const ofRoles = RULES.flatMap((rule) =>
    tallies
      .map(rule)
      .filter((found) => found !== undefined)
      .sort((one, other) => other.weight - one.weight),
  ).map(({ proposal }) => proposal);
  return [...ofRoles, ...oneApprover(tallies), ...followUps(around), ...neverAsked(tallies, around)];
}

/** With how often it happened. */
interface Found {
  readonly proposal: Proposal;
  readonly weight: number;
}

type Rule = (tally: RoleTally) => Found | undefined;

function found(kind: ProposalKind, { target, role }: RoleTally, weight: number, text: Text): Found {
  return { weight, proposal: { kind, target, role, text } };
}

function name({ target, role }: { readonly target: string; readonly role: string }): Text[number] {
  return { code: `${target} ${role}` };
}

const emergencies: Rule = (tally) => {
  const times = tally.ways.emergency;
  if (times < TWICE_AND_AGAIN) return undefined;
  const text: Text = [
    name(tally),
    ` was taken alone in an emergency ${times} times: add approvers who are awake then, or escalate sooner.`,
  ];
  return found("emergencies", tally, times, text);
};

const late: Rule = (tally) => {
  const worst = distribution(tally.lateMs)?.max ?? 0;
  const times = tally.lateMs.filter((ms) => ms > LATE_MS).length;
  if (times === 0) return undefined;
  const text: Text = [
    `Access to `,
    name(tally),
    ` outlived its end by more than a minute ${timesText(times)}, at worst by ${formatDuration(worst)}: see what its thread says of why.`,
  ];
  return found("late", tally, times, text);
};

const lapses: Rule = (tally) => {
  if (tally.lapsed < TWICE_AND_AGAIN || tally.lapsed * 5 < tally.requests) return undefined;
  const text: Text = [
    name(tally),
    ` was not decided on in time ${tally.lapsed} of ${tally.requests} times: add approvers, or escalate to somebody who answers.`,
  ];
  return found("lapses", tally, tally.lapsed, text);
};

/** Only where nobody ever said no, no review found fault with it, and policy asks for no more than one click. */
const automatic: Rule = (tally) => {
  const { waitedMs, denied, lapsed, said, ways, guarded } = tally;
  if (guarded || ways.automatic > 0) return undefined;
  const atOnce = waitedMs.filter((ms) => ms <= AT_ONCE_MS).length;
  const isClean = denied === 0 && lapsed === 0 && ways.emergency === 0;
  const isFaultless = said.misuse === 0 && said.unneeded === 0 && said.tooWide === 0 && !isMostlyUnused(tally);
  if (waitedMs.length < APPROVALS_MIN || atOnce < waitedMs.length || !isClean || !isFaultless) return undefined;
  const text: Text = [
    name(tally),
    ` was approved ${atOnce} of ${waitedMs.length} times within 2 minutes: consider `,
    { code: "automatic" },
    " with a budget.",
  ];
  return found("automatic", tally, waitedMs.length, text);
};

/** Of whoever alone approves something, one for all of it. */
function oneApprover(tallies: readonly RoleTally[]): Proposal[] {
  const alone = new Map<string, RoleTally[]>();
  for (const tally of tallies) {
    const [only, second] = tally.approvers;
    if (only === undefined || second !== undefined || only[1] < GRANTS_MIN) continue;
    alone.set(only[0], [...(alone.get(only[0]) ?? []), tally]);
  }
  return [...alone].map(([person, of]) => {
    const times = of.reduce((sum, { approvers }) => sum + (approvers.get(person) ?? 0), 0);
    const names = of.flatMap((tally, nth): Text => [
      nth === 0 ? "" : nth === of.length - 1 ? " and " : ", ",
      name(tally),
    ]);
    const text: Text = [
      { person },
      ` alone approved all ${times} requests for `,
      ...names,
      ": see that somebody else answers too, for when that is not possible.",
    ];
    const [first, second] = of;
    const about = second === undefined && first !== undefined ? { target: first.target, role: first.role } : {};
    return { kind: "one-approver", ...about, person, text };
  });
}

const shorter: Rule = (tally) => {
  const used = tally.usedMs.filter((ms) => ms > 0);
  const needed = distribution(used);
  const granted = distribution(tally.grantedMs);
  if (needed === undefined || granted === undefined || used.length < GRANTS_MIN) return undefined;
  const enough = Math.max(SHORTEST_MS, roundUp(needed.p90));
  if (needed.p90 * 2 > granted.median || enough >= granted.median || tally.said.tooShort > 0) return undefined;
  const text: Text = [
    name(tally),
    ` is given for ${formatDuration(granted.median)}, and 9 of 10 times ${formatDuration(needed.p90)} of it were enough: consider a shorter default, ${formatDuration(enough)}.`,
  ];
  return found("shorter", tally, used.length, text);
};

const longer: Rule = (tally) => {
  const times = tally.said.tooShort;
  if (times < TWICE_AND_AGAIN || times <= tally.said.tooLong) return undefined;
  const text: Text = [
    `${times} of ${counted(tally.reviews, "review")} found that `,
    name(tally),
    " was given for too short a time: consider a longer default.",
  ];
  return found("longer", tally, times, text);
};

const unused: Rule = (tally) => {
  const { neverUsed, usedMs } = tally;
  if (!isMostlyUnused(tally)) return undefined;
  const text: Text = [
    `Nobody came in ${neverUsed} of ${usedMs.length} times that `,
    name(tally),
    " was given: ask what for, or whether a narrower role is enough.",
  ];
  return found("unused", tally, neverUsed, text);
};

const routine: Rule = (tally) => {
  const { routine: times } = tally.said;
  if (times < TWICE_AND_AGAIN) return undefined;
  const text: Text = [
    `${times} of ${counted(tally.reviews, "review")} called the use of `,
    name(tally),
    " routine: give what is done there a tool, a job or a dashboard of its own.",
  ];
  return found("routine", tally, times, text);
};

const narrower: Rule = (tally) => {
  const { tooWide } = tally.said;
  if (tooWide < TWICE_AND_AGAIN) return undefined;
  const text: Text = [
    `${tooWide} of ${counted(tally.reviews, "review")} found `,
    name(tally),
    " too wide: consider a narrower role beside it.",
  ];
  return found("narrower", tally, tooWide, text);
};

function followUps({ followUps: { open, overdue } }: Around): Proposal[] {
  if (overdue < TWICE_AND_AGAIN) return [];
  const text: Text = [
    `${open} follow-ups are open, ${overdue === open ? "all" : `${overdue} of them`} past their day: `,
    { code: "/breakglass followups" },
    " lists them. Do them, or say that they won't be done.",
  ];
  return [{ kind: "follow-ups", text }];
}

function neverAsked(tallies: readonly RoleTally[], { offered }: Around): Proposal[] {
  if (offered === undefined || offered.days < NEVER_ASKED_DAYS) return [];
  const idle = offered.roles.filter(
    ({ target, role }) => !tallies.some((each) => each.target === target && each.role === role),
  );
  return idle.map(({ target, role }) => ({
    ...{ kind: "never-asked" as const, target, role },
    text: [
      "Nobody asked for ",
      name({ target, role }),
      ` in ${offered.days} days: unless it is new, is it still wanted in the policy?`,
    ],
  }));
}

/** The most pressing first. */
const RULES: readonly Rule[] = [
  ...[emergencies, late, lapses, automatic],
  ...[shorter, longer, unused, routine, narrower],
];

function isMostlyUnused({ neverUsed, usedMs }: RoleTally): boolean {
  return neverUsed >= TWICE_AND_AGAIN && neverUsed * 2 >= usedMs.length;
}

function timesText(times: number): string {
  return ["never", "once", "twice"][times] ?? `${times} times`;
}

/** Up to the next 5 minutes. */
function roundUp(ms: number): number {
  return Math.ceil(ms / SHORTEST_MS) * SHORTEST_MS;
}
