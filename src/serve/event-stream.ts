import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Follower } from "../app/follower.ts";
import { FollowerPlaces } from "../app/follower-places.ts";
import { LedgerSteps } from "../app/ledger-steps.ts";
import type { SiemConfig } from "../siem-config.ts";
import { ocsfEvent } from "../siem/ocsf-event.ts";
import type { Sink } from "../siem/sink.ts";
import { syslogSink, type TlsFiles } from "../siem/syslog-sink.ts";
import { webhookSink } from "../siem/webhook-sink.ts";
import type { Sample, Series } from "../web/exposition.ts";
import { ageOfEntry } from "./age-of-entry.ts";
import type { Foundation } from "./foundation.ts";

const PAGE = 100;

/** What a sink is called where its place in the ledger is remembered. */
export function sinkName(sink: Sink["name"]): string {
  return `siem-${sink}`;
}

/** What sends the ledger's events to where the environment says; in a worker. Each sink follows the ledger by itself. */
export function eventStream(base: Foundation): readonly Follower[] {
  const { siem } = base.config;
  if (siem === undefined) return [];
  const { ledger, redis, urgentFirst, now, log } = base;
  return sinksOf(siem, base).map(
    (sink) =>
      new Follower({
        name: sinkName(sink.name),
        page: PAGE,
        steps: new LedgerSteps(ledger),
        places: new FollowerPlaces(redis, () => randomBytes(12).toString("hex")),
        take: async (steps, signal) => {
          await sink.send(
            steps.map((step) => ocsfEvent(step, siem.justifications)),
            signal,
          );
        },
        head: () => ledger.head(),
        turn: () => urgentFirst.turn(),
        now,
        log,
      }),
  );
}

function sinksOf({ syslog, webhook, caFile, client }: SiemConfig, { config, now }: Foundation): Sink[] {
  const files = async (): Promise<TlsFiles> => ({
    ...(caFile !== undefined && { ca: await readFile(caFile) }),
    ...(client !== undefined && { cert: await readFile(client.certFile), key: await readFile(client.keyFile) }),
  });
  return [
    ...(syslog === undefined ? [] : [syslogSink(syslog, files, new URL(config.publicUrl).hostname)]),
    ...(webhook === undefined ? [] : [webhookSink(webhook, files, now)]),
  ];
}

/** How far each sink is behind the ledger. @throws `LEDGER_UNAVAILABLE` */
export async function eventStreamSeries({ config, ledger, redis, now }: Foundation): Promise<Series[]> {
  const { syslog, webhook } = config.siem ?? {};
  const names = [...(syslog === undefined ? [] : ["syslog"]), ...(webhook === undefined ? [] : ["webhook"])] as const;
  const places = new FollowerPlaces(redis, () => "");
  const { seq: head } = await ledger.head();
  const found = await Promise.all(
    names.map(async (sink) => {
      const { at = { seq: 0 }, failures = 0 } = (await places.read(sinkName(sink as Sink["name"]))) ?? {};
      const behind = Math.max(0, head - at.seq);
      const seconds = await ageOfEntry(ledger, behind === 0 ? undefined : at.seq + 1, now());
      return { sink, behind, seconds, failures };
    }),
  );
  const series = (name: string, help: string, value: (each: (typeof found)[number]) => number): Series => ({
    ...{ name, help, kind: "gauge" },
    samples: found.map((each): Sample => ({ labels: { sink: each.sink }, value: value(each) })),
  });
  return [
    series("breakglass_siem_behind_entries", "Entries that the SIEM was not given yet", ({ behind }) => behind),
    series(
      "breakglass_siem_behind_seconds",
      "How long the oldest of them has been in the ledger",
      ({ seconds }) => seconds,
    ),
    series("breakglass_siem_failures", "How often in a row the SIEM could not take events", ({ failures }) => failures),
  ];
}
