import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { ALICE, APPROVALS, CAROL, INC_42 } from "../support/acme.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { otlpReceiver, type OtlpReceiver, type ReceivedSpan } from "../support/otlp-receiver.ts";
import { metricsIn } from "../support/promql.ts";
import { idIn, openStage, type Stage } from "../support/stage.ts";
import { syslogReceiver, type SyslogReceiver } from "../support/syslog-receiver.ts";
import { until } from "../support/until.ts";

const targets = ({ yaml }: CommandTarget) => `
  tool:
    title: Admin tool
    ${yaml}
    roles:
      user:
        grant: {}
        requesters: [sre]
        approval: { quorum: 1, approvers: [leads] }
        duration: { default: 15m, max: 30m }
`;
const WHY = "INC-42 orders stuck after failover";
const MANIFESTS = join(import.meta.dirname, "../../manifests");

const target = z.looseObject({ refId: z.string(), expr: z.string() });
const panelSchema = z.looseObject({
  id: z.int(),
  type: z.enum(["row", "stat", "timeseries", "heatmap"]),
  title: z.string().min(1),
  gridPos: z.strictObject({ x: z.int(), y: z.int(), w: z.int().min(1), h: z.int().min(1) }),
  targets: z.array(target).default([]),
});
const dashboardSchema = z.looseObject({
  uid: z.literal("breakglass"),
  schemaVersion: z.int().min(36),
  panels: z.array(panelSchema),
  annotations: z.object({ list: z.array(z.looseObject({ expr: z.string() })) }),
});
const alertsSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Breakglass[A-Z]\w+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smh]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(["critical", "warning"]) }),
          annotations: z.strictObject({ summary: z.string().endsWith("."), description: z.string().regex(/[.?]$/) }),
        }),
      ),
    }),
  ),
});
const dashboard = dashboardSchema.parse(JSON.parse(readFileSync(join(MANIFESTS, "grafana/breakglass.json"), "utf8")));
const alerts = alertsSchema.parse(parse(readFileSync(join(MANIFESTS, "prometheus/alerts.yml"), "utf8")));
const expressions = [
  ...dashboard.panels.flatMap((panel) => panel.targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
  ...alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
];

describe("a request, for those who watch", () => {
  let tool: CommandTarget;
  let stage: Stage;
  let syslog: SyslogReceiver;
  let collector: OtlpReceiver;
  let id = "";

  before(async () => {
    const { cache } = createRequire(import.meta.url);
    const loaded = Object.keys(cache).filter((path) => /@opentelemetry\/(?!api)/.test(path));
    assert.deepEqual(loaded, [], "nobody asked for traces yet");
    tool = await commandTarget();
    syslog = await syslogReceiver();
    collector = await otlpReceiver();
    const env = {
      SIEM_SYSLOG_URL: `syslog+tls://127.0.0.1:${syslog.port}`,
      SIEM_CA_FILE: syslog.certFile,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      GATEWAY_PORT: "0",
    };
    stage = await openStage({ targets: targets(tool), env });
    const { workspace } = stage.slack;
    await workspace.as(ALICE).command("/breakglass", `tool user ${WHY}`, { channel: INC_42 });
    id = idIn(stage.readable(await stage.ephemeral(ALICE, /waiting for approval/)));
    await workspace.as(CAROL).click(await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INC_42, id, /Access is on/);
    await workspace.as(ALICE).command("/breakglass", `end ${id}`, { channel: INC_42 });
    await stage.line(INC_42, id, /Gone, and checked/);
  });
  after(async () => {
    await stage.stop();
    await tool.remove();
    await syslog.stop();
    await collector.stop();
  });

  const of = async () => await (await fetch(`${stage.bot.url}/metrics`)).text();
  /** The names as they are asked for: also those of a metric that has no number yet. */
  const namesIn = (text: string): Set<string> => {
    const typed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    return new Set(
      typed.flatMap(([, name = "", kind]) =>
        kind === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
    );
  };

  it("is counted, with nobody's name and no text", async () => {
    const text = await until(async () => {
      const now = await of();
      return now.includes('breakglass_active_grants{target="tool"} 0') ? now : undefined;
    }, "it is counted that it is over");
    for (const line of [
      'breakglass_requests_total{target="tool",role="user"} 1',
      'breakglass_decisions_total{target="tool",role="user",outcome="people"} 1',
      'breakglass_decisions_total{target="tool",role="user",outcome="emergency"} 0',
      'breakglass_grants_total{target="tool",outcome="given"} 1',
      'breakglass_approval_seconds_count{outcome="people"} 1',
      'breakglass_revoke_lateness_seconds_count{target="tool"} 1',
      'breakglass_target_calls_total{target="tool",call="grant",outcome="fine"} 1',
      'breakglass_part_running{part="worker"} 1',
      "breakglass_overdue_grants 0",
      "breakglass_gateway_sessions 0",
      "breakglass_ledger_whole 1",
      "breakglass_mirror_behind_entries 0",
    ])
      assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`);
    assert.doesNotMatch(text, /alice|carol|BG-|INC-42|U0|readable\{source="\w+"\} 0/i);
  });

  it("is where the dashboard and the alerts look for it", async () => {
    const known = namesIn(await of());
    assert.ok(expressions.length > 30);
    for (const expr of expressions) {
      const named = metricsIn(expr.replaceAll("$target", ".*"));
      assert.ok(named.length > 0, expr);
      for (const name of named) assert.ok(known.has(name), `${name} is none of the metrics: ${expr}`);
    }
    assert.throws(() => metricsIn("sum(up"), /not PromQL/);
    const places = dashboard.panels.map(({ gridPos }) => gridPos);
    const overlap = (one: (typeof places)[number], other: (typeof places)[number]) =>
      one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;
    assert.ok(
      places.every((one, nth) => one.x + one.w <= 24 && places.slice(nth + 1).every((other) => !overlap(one, other))),
    );
    assert.equal(new Set(dashboard.panels.map((panel) => panel.id)).size, dashboard.panels.length);
  });

  it("is explained: each metric of ours stands in docs/metrics.md", async () => {
    const told = readFileSync(join(MANIFESTS, "../docs/metrics.md"), "utf8");
    const ours = [...(await of()).matchAll(/^# TYPE (breakglass_(?!process_|nodejs_)\S+)/gm)].map(
      ([, name = ""]) => name,
    );
    assert.ok(ours.length > 25);
    assert.deepEqual(
      ours.filter((name) => !told.includes(`\`${name}\``)),
      [],
    );
  });

  it("is told to the SIEM", async () => {
    const types = await until(() => {
      const own = syslog.received.filter(({ event }) => event.metadata.correlation_uid === id);
      return own.some(({ msgid }) => msgid === "RevokeSucceeded") ? own.map(({ msgid }) => msgid) : undefined;
    }, "all of it was told");
    const way = [
      "RequestOpened",
      "ApprovalGiven",
      "GrantStarted",
      "GrantSucceeded",
      "RevokeStarted",
      "RevokeSucceeded",
    ];
    assert.deepEqual(
      types.filter((type) => way.includes(type)),
      way,
    );
    assert.deepEqual(syslog.wrong, []);
    assert.doesNotMatch(JSON.stringify(syslog.received), new RegExp(WHY));
  });

  it("is one trace, from the command to the checked end, and tells no more than how long it took", async () => {
    const named = (name: string) => collector.spans.filter((span) => span.name === name);
    // A part comes before what it is a part of, and that may be with the next batch.
    const isWhole = () => {
      const known = new Set(collector.spans.map(({ spanId }) => spanId));
      return collector.spans.every(({ parentSpanId }) => parentSpanId === undefined || known.has(parentSpanId));
    };
    await until(() => (named("revoke").length > 0 && isWhole() ? true : undefined), "its spans have come");
    const root = named("command OpenRequest")[0];
    assert.ok(root);
    assert.equal(root.parentSpanId, undefined);
    const own = collector.spans.filter(({ traceId }) => traceId === root.traceId);
    const nameOf = (span: ReceivedSpan) => span.name;
    const names = new Set(own.map(nameOf));
    for (const name of [
      "command Approve",
      "command EndEarly",
      "append",
      "grant",
      "mirror",
      "target grant",
      "revoke",
      "target revoke",
      "target read back",
      "tell",
      "chat post",
    ])
      assert.ok(names.has(name), `${name} among ${[...names].join(", ")}`);
    const byId = new Map(own.map((span) => [span.spanId, span]));
    const parentOf = ({ parentSpanId = "" }: ReceivedSpan) => byId.get(parentSpanId)?.name;
    assert.deepEqual(
      new Set(own.filter(({ name }) => ["grant", "revoke", "tell"].includes(name)).map(parentOf)),
      new Set([root.name]),
    );
    assert.deepEqual(new Set(own.filter(({ name }) => name === "target grant").map(parentOf)), new Set(["grant"]));
    assert.deepEqual(new Set(own.filter(({ name }) => name === "chat post").map(parentOf)), new Set(["tell"]));
    assert.deepEqual(collector.wrong, []);
    assert.doesNotMatch(JSON.stringify(collector.spans), /alice|carol|orders stuck|U0A|whsec/i);
  });
});
