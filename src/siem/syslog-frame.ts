import type { OcsfEvent } from "./ocsf-event.ts";

/** "Log audit". */
const FACILITY = 13;
/** By OCSF's severity, from 0: notice where it says nothing. */
const PRIORITIES = [5, 6, 5, 4, 3, 2] as const;

/**
 * An event as a message of RFC 5424, in the frame of RFC 5425: its length in octets goes before it.
 *
 * @param hostname - of this program
 */
export function syslogFrame({ severity, at, type, json }: OcsfEvent, hostname: string): string {
  const priority = FACILITY * 8 + (PRIORITIES[severity] ?? 5);
  const header = `<${priority}>1 ${new Date(at).toISOString()} ${printable(hostname, 255)} breakglass - ${printable(type, 32)} -`;
  const message = `${header} ${json}`;
  return `${Buffer.byteLength(message)} ${message}`;
}

function printable(text: string, max: number): string {
  const only = text.replaceAll(/[^\u0021-\u007e]/g, "").slice(0, max);
  return only === "" ? "-" : only;
}
