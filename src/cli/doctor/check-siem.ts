import { FollowerPlaces } from "../../app/follower-places.ts";
import type { Connection } from "../../connection.ts";
import { counted } from "../../domain/text.ts";
import { Ledger } from "../../ledger/ledger.ts";
import { sinkName } from "../../serve/event-stream.ts";
import type { SiemConfig } from "../../siem-config.ts";
import { findings, type Finding } from "./finding.ts";

const found = findings("siem");
/** What a sink takes within a few seconds. */
const BEHIND_SEEN = 1_000;

/** Whether the event stream reaches where it goes. Nothing is sent there: only what the ledger says is. */
export async function checkSiem({ syslog, webhook }: SiemConfig, redis: Connection): Promise<Finding[]> {
  const { seq } = await new Ledger(redis, () => "").head();
  const places = new FollowerPlaces(redis, () => "");
  const check = async (sink: "syslog" | "webhook", where: string): Promise<Finding> => {
    const place = await places.read(sinkName(sink));
    const behind = Math.max(0, seq - (place?.at.seq ?? 0));
    const waiting = counted(behind, "entry", "entries");
    if (place !== undefined && place.failures > 0) {
      const tries = counted(place.failures, "try", "tries");
      return found("warning", `${waiting} could not be sent to ${where} (${sink}) in ${tries}`, place.problem);
    }
    if (behind > BEHIND_SEEN)
      return found("warning", `${waiting} wait to be sent to ${where} (${sink})`, "does a worker run?");
    return found(
      "fine",
      `events are sent to ${where} (${sink}), and ${behind === 0 ? "none waits" : `${waiting} wait`}`,
    );
  };
  return [
    ...(syslog === undefined ? [] : [await check("syslog", `${syslog.host}:${syslog.port}`)]),
    ...(webhook === undefined ? [] : [await check("webhook", new URL(webhook.url.reveal()).host)]),
  ];
}
