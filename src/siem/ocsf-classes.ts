/**
 * The version of OCSF that events are written in: the newest in which the classes below are not deprecated. All that is used of it
 * is valid since 1.3 and still in 1.9.
 */
export const OCSF_VERSION = "1.8.0";

/** A class of OCSF, as far as it is used here: https://schema.ocsf.io. */
export interface OcsfClass {
  readonly uid: number;
  readonly name: string;
  readonly category: { readonly uid: number; readonly name: string };
  /** Beside what every event has. */
  readonly required: readonly string[];
  readonly atLeastOne: readonly string[];
  readonly activities: Readonly<Record<number, string>>;
}

const FINDINGS = { uid: 2, name: "Findings" } as const;
const IAM = { uid: 3, name: "Identity & Access Management" } as const;
const APPLICATION = { uid: 6, name: "Application Activity" } as const;
const OTHER = { 99: "Other" } as const;

/** What every event has. */
export const BASE_REQUIRED = [
  "activity_id",
  "category_uid",
  "class_uid",
  "metadata",
  "severity_id",
  "time",
  "type_uid",
] as const;

export const CLASSES = {
  finding: {
    ...{ uid: 2004, name: "Detection Finding", category: FINDINGS, required: ["finding_info"], atLeastOne: [] },
    activities: { 1: "Create", 2: "Update", 3: "Close", ...OTHER },
  },
  account: {
    ...{ uid: 3001, name: "Account Change", category: IAM, required: ["user"], atLeastOne: [] },
    activities: {
      ...{ 3: "Password Change", 4: "Password Reset" },
      ...{ 10: "MFA Factor Enable", 11: "MFA Factor Disable", ...OTHER },
    },
  },
  authentication: {
    ...{
      uid: 3002,
      name: "Authentication",
      category: IAM,
      required: ["user"],
      atLeastOne: ["service", "dst_endpoint"],
    },
    activities: { 1: "Logon", ...OTHER },
  },
  entity: {
    ...{ uid: 3004, name: "Entity Management", category: IAM, required: ["entity"], atLeastOne: [] },
    activities: { 1: "Create", 2: "Read", 3: "Update", 4: "Delete", ...OTHER },
  },
  access: {
    ...{ uid: 3005, name: "User Access Management", category: IAM, required: ["user", "privileges"], atLeastOne: [] },
    activities: { 1: "Assign Privileges", 2: "Revoke Privileges", ...OTHER },
  },
  lifecycle: {
    ...{ uid: 6002, name: "Application Lifecycle", category: APPLICATION, required: ["app"], atLeastOne: [] },
    activities: { 3: "Start", 4: "Stop", ...OTHER },
  },
  datastore: {
    ...{ uid: 6005, name: "Datastore Activity", category: APPLICATION, required: ["actor", "src_endpoint"] },
    atLeastOne: ["database", "databucket", "table"],
    activities: { 4: "Query", ...OTHER },
  },
} as const satisfies Record<string, OcsfClass>;

export type ClassName = keyof typeof CLASSES;
