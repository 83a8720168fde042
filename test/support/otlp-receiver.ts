import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";

const attribute = z.object({
  key: z.string(),
  value: z.union([
    z.strictObject({ stringValue: z.string() }),
    z.strictObject({ intValue: z.union([z.int(), z.string()]) }),
  ]),
});
const spanSchema = z.looseObject({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  name: z.string(),
  startTimeUnixNano: z.string().regex(/^\d{19}$/),
  endTimeUnixNano: z.string().regex(/^\d{19}$/),
  attributes: z.array(attribute),
  status: z.object({ code: z.int().optional() }),
});
const exportSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.looseObject({ attributes: z.array(attribute) }),
      scopeSpans: z.array(z.looseObject({ spans: z.array(spanSchema) })),
    }),
  ),
});

export type ReceivedSpan = z.output<typeof spanSchema>;

/** A collector that takes traces over OTLP as JSON, and nothing else. */
export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly wrong: readonly string[];
  /** From here on it answers nobody. */
  hang(): void;
  stop(): Promise<void>;
}

export async function otlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const wrong: string[] = [];
  let hangs = false;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (hangs) return;
      const parsed = exportSchema.safeParse(JSON.parse(body));
      const { method, url, headers } = request;
      const isRight = method === "POST" && url === "/v1/traces" && headers["content-type"] === "application/json";
      if (!isRight || !parsed.success) {
        wrong.push(`${String(method)} ${String(url)} ${parsed.error?.message ?? ""}`);
        response.writeHead(400).end();
        return;
      }
      for (const { scopeSpans } of parsed.data.resourceSpans) spans.push(...scopeSpans.flatMap((each) => each.spans));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, wrong },
    hang: () => {
      hangs = true;
    },
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
