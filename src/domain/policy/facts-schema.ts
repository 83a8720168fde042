import { z } from "zod";
import { Secret } from "../../secret.ts";

const NAME = /^[a-z][a-z0-9-]{0,39}$/;
const name = z.string().regex(NAME, "A name is lower-case letters, digits and hyphens, and begins with a letter.");

/** The word for the channel that a request was asked for in: no source has to be named for it. */
export const OWN_CHANNEL = "channel";

const secret = z
  .string()
  .min(1)
  .max(4_000)
  .transform((text) => new Secret(text));

const ADDRESS = "An address is https://…; http:// only on this machine (localhost, 127.0.0.1).";
/** Secrets go there, and a yes comes from there: nobody on the way may read or write. */
const address = z.url().refine(isSafe, ADDRESS);

function isSafe(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(hostname));
}

const http = z.strictObject({
  url: address,
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]+: \S/, 'A header is its name and its value: "Authorization: Bearer ${TOKEN}".')
    .transform((text) => new Secret(text))
    .optional(),
});

const pagerduty = z.strictObject({
  schedule: z.string().regex(/^[A-Z0-9]{6,20}$/, "A PagerDuty schedule is its id, such as PI7DH85 (not its name)."),
  token: secret,
  api: address.default("https://api.pagerduty.com"),
});

const opsgenie = z.strictObject({
  schedule: z.guid("An Opsgenie schedule is its id, such as d875a1f4-9b4e-4219-a1f3-0c26936d18de (not its name)."),
  key: secret,
  api: address.default("https://api.opsgenie.com"),
});

const SCHEDULE_FORMS =
  "A schedule is one of: { pagerduty: { schedule, token } }, { opsgenie: { schedule, key } }, { file: … }, { http: { url, header } }.";

const schedule = z
  .strictObject({
    pagerduty: pagerduty.optional(),
    opsgenie: opsgenie.optional(),
    file: z.string().min(1).max(500).optional(),
    http: http.optional(),
  })
  .refine((source) => Object.keys(source).length === 1, {
    error: SCHEDULE_FORMS,
    // A misspelt one is said to be that, and nothing besides.
    when: ({ issues }) => issues.length === 0,
  });

const incidentSource = z.strictObject({ http });

/** Where facts come from, by name. */
export const schedulesSchema = z
  .record(name, schedule)
  .default({})
  .meta({ description: "Where it is read who is on call." });
export const incidentsSchema = z
  .record(
    name.refine(
      (each) => each !== OWN_CHANNEL,
      `"${OWN_CHANNEL}" means the incident's own channel. Choose another name.`,
    ),
    incidentSource,
  )
  .default({})
  .meta({ description: "Where it is read whether an incident is open, beside the incident's own channel." });

const names = z.union([name.transform((one) => [one]), z.array(name).min(1).max(5)], "Name one, or a list of up to 5.");

const CONDITION_FORMS = "A condition is { onCall: primary } or { incident: channel }.";

/** One thing that must hold: that the requester is on call in one of these schedules, or that one of these says an incident is open. */
const condition = z
  .strictObject({ onCall: names.optional(), incident: names.optional() })
  .refine(({ onCall, incident }) => (onCall === undefined) !== (incident === undefined), {
    error: CONDITION_FORMS,
    when: ({ issues }) => issues.length === 0,
  })
  .transform(({ onCall, incident }): Condition => ({
    kind: onCall === undefined ? "incident" : "onCall",
    of: onCall ?? incident ?? [],
  }));

/** All of them have to hold. */
export const whenSchema = z
  .array(condition)
  .min(1, `Name at least one condition, or take when out. ${CONDITION_FORMS}`)
  .max(5)
  .meta({ description: "What must hold for policy to approve by itself." });

/** @see SeenFact */
export interface Condition {
  readonly kind: "onCall" | "incident";
  /** Names of sources, any one of which is enough. */
  readonly of: readonly string[];
}

export type ScheduleSource = z.output<typeof schedule>;
export type HttpSource = z.output<typeof http>;
export type PagerDutySource = z.output<typeof pagerduty>;
export type OpsgenieSource = z.output<typeof opsgenie>;
