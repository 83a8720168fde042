import type { OcsfEvent } from "./ocsf-event.ts";

/** Somewhere that events are sent to. */
export interface Sink {
  readonly name: "syslog" | "webhook";
  /**
   * Sends some, all or none. It ends soon after the signal aborts.
   *
   * @throws `SIEM_UNSENT`: they may have come, and are sent again
   */
  send(events: readonly OcsfEvent[], signal: AbortSignal): Promise<void>;
}
