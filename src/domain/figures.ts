import type { DomainEvent } from "./events.ts";
import { isOver, mayHaveAccess, type RequestState } from "./request.ts";

/** What is counted of the ledger, as Prometheus is told it. No label says who somebody is, or which request. */
export const FIGURES = {
  breakglass_requests_total: { kind: "counter", help: "Requests that were opened", labels: ["target", "role"] },
  breakglass_decisions_total: {
    kind: "counter",
    help: "Requests that were decided, by what came of them",
    labels: ["target", "role", "outcome"],
  },
  breakglass_approval_seconds: {
    kind: "histogram",
    help: "From when a request waits for people until it is approved",
    labels: ["outcome"],
    buckets: [5, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600],
  },
  breakglass_drills_total: {
    kind: "counter",
    help: "Drills by how they went; they count as no request and no decision",
    labels: ["target", "role", "outcome"],
  },
  breakglass_grants_total: { kind: "counter", help: "Answers of targets to grants", labels: ["target", "outcome"] },
  breakglass_open_requests: { kind: "gauge", help: "Open requests by phase", labels: ["phase"] },
  breakglass_active_grants: { kind: "gauge", help: "Grants that may have access now", labels: ["target"] },
  breakglass_revoke_lateness_seconds: {
    kind: "histogram",
    help: "From when access must be gone until it was checked to be",
    labels: ["target"],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300],
  },
  breakglass_target_failures_total: {
    kind: "counter",
    help: "What a target failed to do, as recorded",
    labels: ["target", "kind"],
  },
  breakglass_revokes_overdue_total: {
    kind: "counter",
    help: "Revokes that people were called for",
    labels: ["target", "stage"],
  },
  breakglass_orphans_total: { kind: "counter", help: "Access of ours that no grant explains", labels: ["target"] },
  breakglass_drifts_total: { kind: "counter", help: "Live grants that the target no longer had", labels: ["target"] },
  breakglass_step_ups_total: {
    kind: "counter",
    help: "Confirmations with a security key",
    labels: ["action", "outcome"],
  },
  breakglass_anomalies_total: { kind: "counter", help: "Anomalies by rule", labels: ["rule", "level"] },
  breakglass_ledger_recoveries_total: {
    kind: "counter",
    help: "Times that Redis had lost entries and was filled again",
    labels: [],
  },
  breakglass_ledger_forks_total: { kind: "counter", help: "Forks of the ledger that were recorded", labels: [] },
} as const satisfies Record<
  string,
  {
    readonly kind: "counter" | "gauge" | "histogram";
    readonly help: string;
    readonly labels: readonly string[];
    readonly buckets?: readonly number[];
  }
>;

export type FigureName = keyof typeof FIGURES;

/** Something to add to a figure: to a counter or a gauge so much, to a histogram this one value. */
export interface Change {
  readonly figure: FigureName;
  /** In the order of the figure's labels. */
  readonly labels: readonly string[];
  readonly value: number;
}

/** What an entry does to the figures. */
export interface Counted {
  readonly changes: readonly Change[];
  /** Until when the request may have access, epoch milliseconds; `null`: no longer. Absent where that is as before. */
  readonly access?: number | null;
}

const OUTCOMES = ["automatic", "people", "emergency", "denied", "withdrawn", "lapsed"] as const;

/**
 * What an entry adds to the figures.
 *
 * @param before - its request before it, and `after` it; undefined where it belongs to none
 */
export function countedIn(
  event: DomainEvent,
  before: RequestState | undefined,
  after: RequestState | undefined,
): Counted {
  const own = ofEvent(event, after);
  if (after === undefined) return { changes: own };
  const changes = [...own, ...decided(before, after), ...standing(before, after)];
  const [was, is] = [accessUntil(before), accessUntil(after)];
  return was === is ? { changes } : { changes, access: is };
}

function change(figure: FigureName, labels: readonly string[], value = 1): Change {
  return { figure, labels, value };
}

function ofEvent(event: DomainEvent, request: RequestState | undefined): Change[] {
  const target = request?.target ?? "";
  switch (event.type) {
    case "DrillScored":
      return [
        change("breakglass_drills_total", [target, request?.role ?? "", event.data.passed ? "passed" : "failed"]),
      ];
    case "DrillMissed":
      return [change("breakglass_drills_total", [event.data.target, event.data.role, "missed"])];
    case "RequestOpened":
      if (event.data.drill !== undefined)
        return ["passed", "failed", "missed"].map((outcome) =>
          change("breakglass_drills_total", [event.data.target, event.data.role, outcome], 0),
        );
      return [
        change("breakglass_requests_total", [event.data.target, event.data.role]),
        // A counter that begins at 1 has no increase: what may come is shown before it comes.
        ...OUTCOMES.map((outcome) =>
          change("breakglass_decisions_total", [event.data.target, event.data.role, outcome], 0),
        ),
        change("breakglass_orphans_total", [event.data.target], 0),
        ...["grant", "revoke"].map((kind) => change("breakglass_target_failures_total", [event.data.target, kind], 0)),
      ];
    case "GrantSucceeded":
      return [change("breakglass_grants_total", [target, "given"])];
    case "GrantFailed":
      return [
        change("breakglass_grants_total", [target, "failed"]),
        change("breakglass_target_failures_total", [target, "grant"]),
      ];
    case "CredentialRotationFailed":
      return [change("breakglass_target_failures_total", [target, "rotate"])];
    case "RevokeFailed":
      return [change("breakglass_target_failures_total", [target, "revoke"])];
    case "RevokeSucceeded":
      return [change("breakglass_revoke_lateness_seconds", [target], event.data.lateMs / 1_000)];
    case "RevokeOverdue":
      return [change("breakglass_revokes_overdue_total", [target, event.data.stage])];
    case "OrphanFound":
      return [change("breakglass_orphans_total", [event.data.target])];
    case "OrphanRevokeFailed":
      return [change("breakglass_target_failures_total", [event.data.target, "orphan"])];
    case "DriftFound":
      return [change("breakglass_drifts_total", [target])];
    case "StepUpPassed":
      return [change("breakglass_step_ups_total", [event.data.action, "passed"])];
    case "StepUpFailed":
      return [change("breakglass_step_ups_total", [event.data.action, "failed"])];
    case "AnomalyRaised":
      return [change("breakglass_anomalies_total", [event.data.rule, event.data.level])];
    case "LedgerRecovered":
      return [change("breakglass_ledger_recoveries_total", [])];
    case "LedgerForked":
      return [change("breakglass_ledger_forks_total", [])];
    default:
      return [];
  }
}

function decided(before: RequestState | undefined, after: RequestState): Change[] {
  if (after.drill !== undefined) return [];
  const { target, role, phase } = after;
  if (before?.phase !== phase && (phase === "denied" || phase === "withdrawn" || phase === "lapsed"))
    return [change("breakglass_decisions_total", [target, role, phase])];
  if (before?.approvedAt !== undefined || after.approvedAt === undefined) return [];
  const outcome = after.emergency ? "emergency" : after.verdict.automatic === undefined ? "people" : "automatic";
  const tookS = (after.approvedAt - after.waitsFrom) / 1_000;
  return [
    change("breakglass_decisions_total", [target, role, outcome]),
    ...(outcome === "automatic" ? [] : [change("breakglass_approval_seconds", [outcome], tookS)]),
  ];
}

/** Gauges go up and down by what changed: so nobody has to look at every request to know how many there are. */
function standing(before: RequestState | undefined, after: RequestState): Change[] {
  const phaseOf = (state: RequestState | undefined) => (state === undefined || isOver(state) ? undefined : state.phase);
  const [was, is] = [phaseOf(before), phaseOf(after)];
  const had = before !== undefined && mayHaveAccess(before);
  const has = mayHaveAccess(after);
  return [
    ...(was === is || was === undefined ? [] : [change("breakglass_open_requests", [was], -1)]),
    ...(was === is || is === undefined ? [] : [change("breakglass_open_requests", [is])]),
    ...(had === has ? [] : [change("breakglass_active_grants", [after.target], has ? 1 : -1)]),
  ];
}

function accessUntil(state: RequestState | undefined): number | null {
  if (state === undefined || !mayHaveAccess(state)) return null;
  return state.ending?.endAt ?? state.deadline ?? null;
}
