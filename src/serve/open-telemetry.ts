import { AsyncLocalStorage } from "node:async_hooks";
import { createHash, randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags, type Context, type Span } from "@opentelemetry/api";
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
  const current = new AsyncLocalStorage<Context>();

  function begin(name: string, { request, attributes = {}, level }: About): Span {
    const options = { attributes: { ...attributes, ...(request !== undefined && { "breakglass.request": request }) } };
    if (request === undefined) return tracer.startSpan(name, options, current.getStore() ?? ROOT_CONTEXT);
    const root = rootOf(request);
    if (level === "root") return ids.with(root, () => tracer.startSpan(name, { ...options, root: true }, ROOT_CONTEXT));
    const within = current.getStore();
    const isPart =
      level === undefined && within !== undefined && trace.getSpanContext(within)?.traceId === root.traceId;
    if (isPart) return tracer.startSpan(name, options, within);
    const remote = { ...root, traceFlags: TraceFlags.SAMPLED, isRemote: true };
    return tracer.startSpan(name, options, trace.setSpanContext(ROOT_CONTEXT, remote));
  }

  return {
    span: async (name, about, work) => {
      const span = begin(name, about);
      try {
        return await current.run(trace.setSpan(ROOT_CONTEXT, span), work);
      } catch (error) {
        span.setAttribute("error.type", asCoded(error).code);
        // To be refused is an answer.
        if (!(error instanceof Refusal)) span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
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
