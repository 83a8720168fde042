import { createHash, randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags, type Span, type SpanOptions } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider, type IdGenerator } from "@opentelemetry/sdk-trace";
import type { TracesConfig } from "../config.ts";
import { asCoded, Refusal } from "../errors.ts";
import type { About, Trace } from "../trace.ts";
import { VERSION } from "../version.ts";

/** What waits for a collector that is slow, or away. What comes on top of it is dropped. */
const WAITING_MAX = 2_048;
const EXPORT_EVERY_MS = 2_000;
const EXPORT_LIMIT_MS = 5_000;
const LAST_EXPORT_MS = 1_000;

/** Where a request's trace begins: any process finds it by the request's id alone. */
function rootOf(request: string): { readonly traceId: string; readonly spanId: string } {
  const hash = createHash("sha256").update(`breakglass ${request}`).digest("hex");
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}

/** Random ids, but for a span that is to have those of a request. */
class Ids implements IdGenerator {
  #next: { readonly traceId: string; readonly spanId: string } | undefined;

  /** Begins a span with these ids; beginning one waits for nothing. */
  with<T>(ids: { readonly traceId: string; readonly spanId: string }, begin: () => T): T {
    this.#next = ids;
    try {
      return begin();
    } finally {
      this.#next = undefined;
    }
  }

  generateTraceId(): string {
    return this.#next?.traceId ?? randomBytes(16).toString("hex");
  }

  generateSpanId(): string {
    return this.#next?.spanId ?? randomBytes(8).toString("hex");
  }
}

/**
 * The steps that go on in this process, by request and lane: that is enough to know what a span is a part of. Node would tell exactly
 * (AsyncLocalStorage), and makes each promise of the program slower for it.
 */
class OpenSpans {
  readonly #spans = new Map<string, Span[]>();

  newest(about: About): Span | undefined {
    return this.#spans.get(laneOf(about))?.at(-1);
  }

  /** @returns what takes it out again */
  add(about: About, span: Span): () => void {
    if (about.request === undefined || about.level === undefined) return () => undefined;
    const lane = laneOf(about);
    const spans = this.#spans.get(lane) ?? [];
    spans.push(span);
    this.#spans.set(lane, spans);
    return () => {
      spans.splice(spans.indexOf(span), 1);
      if (spans.length === 0) this.#spans.delete(lane);
    };
  }
}

function laneOf({ request = "", lane }: About): string {
  return lane === undefined ? request : `${request} ${lane}`;
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
  const open = new OpenSpans();

  function begin(name: string, about: About, options: SpanOptions): Span {
    const { request, level } = about;
    if (request === undefined) return tracer.startSpan(name, options, ROOT_CONTEXT);
    const root = rootOf(request);
    if (level === "root") return ids.with(root, () => tracer.startSpan(name, { ...options, root: true }, ROOT_CONTEXT));
    const within = level === undefined ? open.newest(about) : undefined;
    if (within !== undefined) return tracer.startSpan(name, options, trace.setSpan(ROOT_CONTEXT, within));
    const remote = { ...root, traceFlags: TraceFlags.SAMPLED, isRemote: true };
    return tracer.startSpan(name, options, trace.setSpanContext(ROOT_CONTEXT, remote));
  }

  return {
    span: async (name, about, work) => {
      const { request, attributes = {} } = about;
      const named = request === undefined ? attributes : { ...attributes, "breakglass.request": request };
      const span = begin(name, about, { attributes: named });
      const close = open.add(about, span);
      try {
        return await work();
      } catch (error) {
        span.setAttribute("error.type", asCoded(error).code);
        // To be refused is an answer.
        if (!(error instanceof Refusal)) span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        close();
        span.end();
      }
    },
    stop: async () => {
      const done = new AbortController();
      const late = setTimeout(LAST_EXPORT_MS, undefined, { signal: done.signal }).catch(() => undefined);
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      done.abort();
    },
  };
}
