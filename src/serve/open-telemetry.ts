import { createHash, randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider, type IdGenerator } from "@opentelemetry/sdk-trace";
import type { TracesConfig } from "../config.ts";
import { asCoded, Refusal } from "../errors.ts";
import type { Trace } from "../trace.ts";
import { VERSION } from "../version.ts";
import { KeptSpans, type KeptSpan } from "./kept-spans.ts";

/** What waits for a collector that is slow, or away. What comes on top of it is dropped. */
const WAITING_MAX = 2_048;
const HAND_OVER_EVERY_MS = 1_000;
const EXPORT_EVERY_MS = 2_000;
const EXPORT_LIMIT_MS = 5_000;
const LAST_EXPORT_MS = 1_000;

interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** Where a request's trace begins: any process finds it by the request's id alone. */
function rootOf(request: string): SpanIds {
  const hash = createHash("sha256").update(`breakglass ${request}`).digest("hex");
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}

/** The ids that we give to each span; the library asks for them when it makes one. */
class Ids implements IdGenerator {
  next: SpanIds = { traceId: "", spanId: "" };

  generateTraceId(): string {
    return this.next.traceId;
  }

  generateSpanId(): string {
    return this.next.spanId;
  }
}

/**
 * Traces to an OpenTelemetry collector, over OTLP. All spans of a request share one trace, whose id follows from the request's: so
 * nothing has to be handed from process to process. A collector that is away costs nothing: what it doesn't take is dropped.
 *
 * This file is loaded only where traces are wanted, and the libraries with it.
 */
export function openTelemetry({ url, serviceName }: TracesConfig): Trace {
  const ids = new Ids();
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_LIMIT_MS, concurrencyLimit: 1 });
  const resource = { "service.name": serviceName, "service.version": VERSION };
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ ...resource, "service.instance.id": randomBytes(8).toString("hex") }),
    idGenerator: ids,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: WAITING_MAX,
        scheduledDelayMillis: EXPORT_EVERY_MS,
        exportTimeoutMillis: EXPORT_LIMIT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer("breakglass", VERSION);
  const kept = new KeptSpans(WAITING_MAX);

  function handOver({ name, about, began, ended, error, spanId, within }: KeptSpan, since: number): void {
    const { request, attributes = {}, level } = about;
    const root = request === undefined ? undefined : rootOf(request);
    const parent = level === "root" || root === undefined ? undefined : { ...root, spanId: parentId(root, within) };
    ids.next = level === "root" && root !== undefined ? root : { traceId: randomBytes(16).toString("hex"), spanId };
    const remote = parent && { ...parent, traceFlags: TraceFlags.SAMPLED, isRemote: true };
    const context = remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote);
    const named = request === undefined ? attributes : { ...attributes, "breakglass.request": request };
    const span = tracer.startSpan(name, { startTime: since + began, attributes: named }, context);
    if (error !== undefined) {
      span.setAttribute("error.type", asCoded(error).code);
      // To be refused is an answer.
      if (!(error instanceof Refusal)) span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(since + ended);
  }

  function handOverAll(): void {
    // Anew each time: the machine's clock may have been set.
    const since = Date.now() - performance.now();
    for (const span of kept.take()) handOver(span, since);
  }

  const handingOver = setInterval(handOverAll, HAND_OVER_EVERY_MS).unref();
  return {
    span: (name, about, work) => kept.span(name, about, work),
    stop: async () => {
      clearInterval(handingOver);
      handOverAll();
      const done = new AbortController();
      const late = setTimeout(LAST_EXPORT_MS, undefined, { signal: done.signal }).catch(() => undefined);
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      done.abort();
    },
  };
}

function parentId(root: SpanIds, within: KeptSpan | undefined): string {
  return within === undefined || within.about.level === "root" ? root.spanId : within.spanId;
}
