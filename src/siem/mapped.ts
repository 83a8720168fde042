import type { ClassName } from "./ocsf-classes.ts";

export const SEVERITIES = { informational: 1, low: 2, medium: 3, high: 4, critical: 5 } as const;
export type Severity = keyof typeof SEVERITIES;

/** What an event of the ledger is in OCSF, before it is written down. */
export interface Mapped {
  readonly class: ClassName;
  /** One of the class's own. */
  readonly activity: number;
  readonly severity: Severity;
  /** What was tried, went well or not; absent where nothing was tried. */
  readonly status?: "success" | "failure";
  /** Why. Never what a person typed. */
  readonly detail?: string;
  /** The class's own attributes. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

type Rest = Partial<Pick<Mapped, "severity" | "status" | "detail">>;

/** Something was made (1), read (2) or changed (3). */
export function entity(
  activity: 1 | 2 | 3,
  of: { readonly type: string; readonly uid: string; readonly version?: string },
  rest: Rest = {},
): Mapped {
  const named = { name: of.uid, ...of };
  return { class: "entity", activity, severity: "informational", ...rest, attributes: { entity: named } };
}

/** A person got access (1), or lost it (2). */
export function access(
  activity: 1 | 2,
  of: {
    readonly person: string;
    readonly principal?: string | undefined;
    readonly target: string;
    readonly role: string;
  },
  rest: Rest,
): Mapped {
  const { person, principal, target, role } = of;
  const user = { name: person, ...(principal !== undefined && { account: { name: principal } }) };
  const resources = [{ name: target, type: "target" }];
  return {
    class: "access",
    activity,
    severity: "informational",
    ...rest,
    attributes: { user, privileges: [role], resources },
  };
}

/** A password of an account was changed (3), or a person's security key added (10) or removed (11). */
export function account(
  activity: 3 | 10 | 11,
  user: { readonly name: string; readonly credential_uid?: string },
  rest: Rest = {},
): Mapped {
  return { class: "account", activity, severity: "informational", ...rest, attributes: { user } };
}

/** Somebody is to look at it. */
export function finding(title: string, uid: string, severity: Severity, attributes: Mapped["attributes"] = {}): Mapped {
  const info = { title, uid, types: ["Breakglass"] };
  return { class: "finding", activity: 1, severity, attributes: { finding_info: info, is_alert: true, ...attributes } };
}
