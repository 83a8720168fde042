import type { Step } from "../app/ledger-steps.ts";
import { drillMark } from "../domain/drill.ts";
import { VERSION } from "../version.ts";
import { mapEvent, mapUnknown } from "./map-event.ts";
import { SEVERITIES, type Mapped } from "./mapped.ts";
import { CLASSES, OCSF_VERSION, type OcsfClass } from "./ocsf-classes.ts";

/** Of any text of the program or of a target, in characters: each may take six octets. */
const LONGEST = 500;

/** An event as a SIEM reads it. */
export interface OcsfEvent {
  /** The hash of its entry: the same however often it is sent. */
  readonly uid: string;
  readonly seq: number;
  readonly type: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly severity: number;
  /** JSON in ASCII alone, so that nobody has to know its encoding. */
  readonly json: string;
}

const STATUS = { success: { status_id: 1, status: "Success" }, failure: { status_id: 2, status: "Failure" } } as const;

/**
 * An entry of the ledger as an OCSF event. What people typed is not in it, but for a request's justification where that is wanted;
 * nor is anything that an entry lists: only its single values.
 */
export function ocsfEvent({ entry, event, after }: Step, withJustification: boolean): OcsfEvent {
  const { request: id = "", hash: uid, seq, type } = entry;
  const at = Date.parse(entry.at);
  const mapped = event === undefined ? mapUnknown(type, id) : mapEvent(event, id, after);
  const justification =
    withJustification && event?.type === "RequestOpened" ? event.notes?.["justification"] : undefined;
  const severity = SEVERITIES[mapped.severity];
  const where =
    after === undefined
      ? {}
      : {
          ...{ requester: after.requester, target: after.target, role: after.role },
          ...(after.drill && { drill: true }),
        };
  const json = {
    ...classification(mapped),
    ...{ time: at, severity_id: severity, severity: captioned(mapped.severity) },
    message: sentence(type, id, after),
    ...(mapped.status === undefined ? {} : STATUS[mapped.status]),
    ...(mapped.detail === undefined ? {} : { status_detail: mapped.detail.slice(0, LONGEST) }),
    metadata: {
      ...{ version: OCSF_VERSION, uid, sequence: seq, event_code: type, log_name: "ledger" },
      product: { name: "Breakglass", vendor_name: "Breakglass", version: VERSION },
      ...(id === "" ? {} : { correlation_uid: id }),
    },
    actor: actorOf(entry.actor),
    ...mapped.attributes,
    ...(justification === undefined ? {} : { comment: justification }),
    unmapped: { ...where, ...single(entry.data) },
  };
  return { uid, seq, type, at, severity, json: ascii(JSON.stringify(json)) };
}

function classification({ class: name, activity }: Mapped) {
  const { uid, name: caption, category, activities }: OcsfClass = CLASSES[name];
  return {
    ...{ class_uid: uid, class_name: caption, category_uid: category.uid, category_name: category.name },
    ...{ activity_id: activity, activity_name: activities[activity] ?? "Other", type_uid: uid * 100 + activity },
  };
}

function actorOf({ person, via, account }: Step["entry"]["actor"]) {
  if (person === undefined) return { app_name: via === "clock" ? "Breakglass" : via };
  return { user: { name: person, ...(account !== undefined && { uid: account }) }, app_name: via };
}

/** `Grant succeeded: BG-7K3M2Q, writer on orders-db`. */
function sentence(type: string, id: string, request: Step["after"]): string {
  const words = type.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const about = request === undefined ? id : `${drillMark(request)}${id}, ${request.role} on ${request.target}`;
  return about === "" ? words : `${words}: ${about}`;
}

/** Lists and objects stay in the ledger: signatures, what was run, commands. So do texts that are long. */
function single(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).filter(
      ([, value]) =>
        ["number", "boolean"].includes(typeof value) || (typeof value === "string" && value.length <= LONGEST),
    ),
  );
}

function captioned(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}

function ascii(json: string): string {
  return json.replaceAll(/[^\u0020-\u007e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
