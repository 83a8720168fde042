import { z } from "zod";
import { CodedError } from "../../errors.ts";
import { isTimeZone } from "../anomalies/clock-time.ts";
import { parseDuration, parsePeriod } from "../duration.ts";
import type { ByPlatform } from "../platform.ts";
import { incidentsSchema, schedulesSchema, whenSchema, type Condition } from "./facts-schema.ts";

const NAME = /^[a-z][a-z0-9-]{0,39}$/;
const name = z
  .string()
  .regex(NAME, "A name is lower-case letters, digits and hyphens, begins with a letter, at most 40 characters.");

const timeRead = (parse: (text: string) => number, description: string) =>
  z
    .string()
    .meta({ description })
    .transform((text, context) => {
      try {
        return parse(text);
      } catch (error) {
        const { message, next } = error as CodedError;
        context.addIssue({ code: "custom", message: `${message} ${next}` });
        return z.NEVER;
      }
    });
const duration = timeRead(parseDuration, "A number and a unit: 45s, 30m, 2h, 1d.");
const period = timeRead(parsePeriod, "A number and a unit: 12h, 7d, 30d.");

const slackChannel = z
  .string()
  .regex(/^[CG][A-Z0-9]{2,}$/, "A Slack channel's id begins with C or G, such as C0APPROVALS (not its name).");
const teamsChannel = z
  .string()
  .regex(/^19:[^;\s]+@thread\.(tacv2|skype)$/, "A Teams channel's id reads 19:…@thread.tacv2.");
const CHANNEL_FORMS =
  "A channel is a Slack id such as C0APPROVALS (not its name), which begins with C or G; a Teams id such as 19:…@thread.tacv2; or both: { slack: C0…, teams: 19:… }.";
/** Where something is shown: a channel of each platform that is used. */
const channel = z
  .union(
    [
      slackChannel.transform((slack): ByPlatform<string> => ({ slack })),
      teamsChannel.transform((teams): ByPlatform<string> => ({ teams })),
      z
        .strictObject({ slack: slackChannel.optional(), teams: teamsChannel.optional() })
        .refine(({ slack, teams }) => slack !== undefined || teams !== undefined, CHANNEL_FORMS),
    ],
    {
      error: ({ input }) => (input === undefined ? `This is missing. ${CHANNEL_FORMS}` : CHANNEL_FORMS),
    },
  )
  .meta({ description: "A Slack channel's id, a Teams channel's, or one of each." });
const slackGroup = z.string().regex(/^S[A-Z0-9]{2,}$/, "A Slack user group's id begins with S, such as S0DBA.");

const person = z
  .strictObject({
    name: z.string().min(1).max(80),
    slack: z
      .string()
      .regex(/^[UW][A-Z0-9]{2,}$/, "A Slack user's id begins with U or W, such as U0ALICE.")
      .optional(),
    teams: z
      .string()
      .regex(
        /^[0-9a-z-]+$/i,
        "A Teams account is the Entra object id, such as 8d3c1e8a-5f0e-4b61-9c3e-2f8a64d0c9b1, not an address.",
      )
      .optional()
      .meta({ description: "The Entra object id." }),
    email: z.email().optional().meta({ description: "By which schedules know them." }),
    pagerduty: z
      .string()
      .regex(/^[A-Z0-9]{6,20}$/, "A PagerDuty user is their id, such as PT23IWX.")
      .optional()
      .meta({ description: "The PagerDuty user's id, where their e-mail is another there." }),
    opsgenie: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: "The Opsgenie user name, where it is not their e-mail." }),
    drill: z
      .literal(true)
      .optional()
      .meta({ description: "Nobody: a name that drills are asked for or approved in. It has no account." }),
  })
  .refine(
    (each) => each.drill === true || each.slack !== undefined || each.teams !== undefined,
    "A person needs a slack id, a teams id, or both.",
  );

const group = z.union(
  [z.array(name), z.strictObject({ slackGroup })],
  "A group is a list of people, or { slackGroup: S… }.",
);

const groups = z.array(name).min(1, "Name at least one group: an empty list lets nobody through.");

/** How often policy approves by itself, per person, target and role. */
export interface Budget {
  readonly uses: number;
  /** Milliseconds. */
  readonly per: number;
}

/** Policy approves by itself: within a budget, where there is one, and where all conditions hold. */
export interface Automatic {
  readonly budget?: Budget | undefined;
  readonly when: readonly Condition[];
}

const automaticSettings = z
  .strictObject({ uses: z.int().min(1).max(1000).optional(), per: duration.optional(), when: whenSchema.optional() })
  .transform(({ uses, per, when = [] }, context): Automatic => {
    if (uses !== undefined && per !== undefined) return { budget: { uses, per }, when };
    if (uses === undefined && per === undefined && when.length > 0) return { when };
    const [missing, right] = uses === undefined ? ["uses", "a number"] : ["per", "a text"];
    context.addIssue({ code: "custom", path: [missing], message: `This is missing: ${right} is expected.` });
    return z.NEVER;
  });

const automatic = z.union(
  [z.literal(true).transform((): Automatic => ({ when: [] })), automaticSettings],
  "automatic is true, a budget such as { uses: 3, per: 24h }, or facts such as { when: [{ onCall: primary }] }, or both.",
);

const approval = z.strictObject({
  automatic: automatic.optional(),
  quorum: z.int().min(1).max(20).default(1),
  approvers: groups.optional(),
  escalate: z
    .array(z.strictObject({ after: duration, to: groups }))
    .max(10)
    .default([]),
  lapse: duration.default(1_800_000),
  emergency: z.strictObject({ after: duration, max: duration }).optional(),
});

const review = z
  .strictObject({
    by: groups,
    due: duration.default(86_400_000),
    gate: z.boolean().default(false).meta({ description: "Whether an overdue review holds the team's requests up." }),
  })
  .meta({ description: "Who judges afterwards whether the access was right; never who asked or approved." });

const role = z.strictObject({
  title: z.string().min(1).max(80).optional(),
  grant: z.json().meta({ description: "What exactly is given; its form depends on the target's provider." }),
  requesters: groups,
  deny: groups.optional().meta({ description: "Groups that may never ask, whatever else they are in." }),
  approval: z
    .union(
      [z.literal("automatic").transform(() => approval.parse({ automatic: true })), approval],
      "approval is automatic, or an object.",
    )
    .meta({ description: "Who decides." }),
  stepUp: z
    .array(z.enum(["requester", "approver"]))
    .default([])
    .meta({ description: "Who has to confirm with a security key or passkey." }),
  duration: z.strictObject({ default: duration, max: duration }),
  review: z
    .union([z.literal(false), review], "review is { by: [leads], due: 24h, gate: true }, or false.")
    .optional()
    .meta({ description: "Instead of the policy's own; false for none." }),
});

/** That sessions go through the session gateway, and how. */
const gatewaySettings = z.strictObject({
  mask: z
    .array(z.string().min(1).max(63))
    .default([])
    .meta({ description: "Columns whose values are not written down: what names one is recorded without any value." }),
});
const gateway = z
  .union(
    [z.literal(true).transform(() => gatewaySettings.parse({})), gatewaySettings],
    "gateway is true, or an object with settings; without it, people connect to the target itself.",
  )
  .meta({ description: "Whether people connect through the session gateway, which records what they run." });

/** That the target itself is asked what is run, and how. */
const activitySettings = gatewaySettings;
const activity = z
  .union(
    [z.literal(true).transform(() => activitySettings.parse({})), activitySettings],
    "activity is true, or an object with settings; without it, the target is not asked what is run.",
  )
  .meta({
    description: "Whether the target is asked every few seconds what is run, where no gateway stands before it.",
  });

const target = z.strictObject({
  title: z.string().min(1).max(80),
  provider: z.string().min(1),
  connection: z.json().default({}),
  // It stands in a card's field, with which Slack takes 2,000 characters, and there twice.
  runbook: z
    .url({ protocol: /^https?$/, error: "A runbook is a web address, https://…" })
    .max(500, "A runbook's address has at most 500 characters.")
    .optional(),
  gateway: gateway.optional(),
  activity: activity.optional(),
  roles: z.record(name, role).refine((roles) => Object.keys(roles).length > 0, "A target needs at least one role."),
});

const drill = z
  .strictObject({
    target: name,
    role: name,
    person: name.meta({ description: "In whose name it is asked for: a person with drill: true." }),
    approver: name.optional().meta({
      description: "Who approves it by itself: another person with drill: true. Absent: whoever approves the role.",
    }),
    every: period.optional().meta({ description: "How often. Absent: only when a person begins it." }),
    duration: duration.optional().meta({ description: "Its access, at most. It ends as soon as it was tried." }),
    announce: z.boolean().default(false).meta({ description: "Whether people are told before that it comes." }),
  })
  .meta({ description: "A rehearsal of the whole path, at the real target." });

const pattern = z.string().refine((text) => {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}, "This is not a regular expression.");

const insights = z
  .strictObject({
    monthly: z
      .boolean()
      .default(true)
      .meta({ description: "Whether a month's insights are posted on the first of the next." }),
    channel: channel.optional().meta({ description: "Where to; the security channel where this is absent." }),
    timeZone: z
      .string()
      .refine(isTimeZone, "A time zone is one of IANA's, such as Europe/Berlin or America/New_York.")
      .default("UTC")
      .meta({ description: "By whose calendar months, days and hours are counted." }),
  })
  .meta({ description: "How access was used, and what would make it needed less." });

/** The form of the policy file, DESIGN section 6. What no schema can say is in `check.ts`. */
export const policySchema = z.strictObject({
  version: z.literal(1, {
    error: ({ input }) =>
      input === undefined
        ? "This is missing: it says how the file is to be read. Write version: 1"
        : `This program reads version 1 of the policy${typeof input === "number" ? `, not ${input}` : ""}. Write version: 1`,
  }),
  channels: z.strictObject({
    approvals: channel,
    incidents: channel,
    security: channel,
    incidentChannels: pattern.optional(),
  }),
  people: z.record(name, person),
  groups: z.record(name, group).default({}),
  admins: groups.optional().meta({ description: "Groups whose people confirm changes of somebody else's keys." }),
  review: review.optional().meta({ description: "For every role that doesn't say otherwise." }),
  insights: insights.default({ monthly: true, timeZone: "UTC" }),
  stepUpKeys: z
    .strictObject({
      models: z
        .array(z.guid("A model is an AAGUID, such as cb69481e-8ff7-4039-93ec-0a2729a154a8.").toLowerCase())
        .min(1, "Name at least one model, or take stepUpKeys out: an empty list lets no key in.")
        .meta({ description: "The only kinds of key that can be enrolled, by AAGUID." }),
    })
    .optional(),
  schedules: schedulesSchema,
  incidents: incidentsSchema,
  targets: z.record(name, target),
  drills: z.array(drill).max(200).default([]),
});

/** A policy as it is written, durations in milliseconds. */
export type PolicyFile = z.output<typeof policySchema>;
export type Person = z.output<typeof person>;
export type Group = z.output<typeof group>;
export type Target = z.output<typeof target>;
export type Role = z.output<typeof role>;
export type ReviewRule = z.output<typeof review>;
export type DrillRule = z.output<typeof drill>;
export type Approval = z.output<typeof approval>;

/** A policy in force. */
export interface Policy extends PolicyFile {
  /** SHA-256 of the file's text, its first 12 hex digits: which policy a verdict was made by. */
  readonly hash: string;
}
