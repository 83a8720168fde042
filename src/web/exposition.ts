/** One number, and what it is of. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a histogram: which part. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
}

/** A metric with its numbers, as a scrape finds them. */
export interface Series {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly samples: readonly Sample[];
}

/** A gauge of one number. */
export function gauge(name: string, help: string, value: number, labels?: Sample["labels"]): Series {
  return { name, help, kind: "gauge", samples: [{ value, ...(labels !== undefined && { labels }) }] };
}

/** What Prometheus reads: its text format 0.0.4. */
export function exposition(series: readonly Series[]): string {
  return series
    .map(({ name, help, kind, samples }) => {
      const lines = samples.map(
        ({ labels = {}, value, suffix = "" }) => `${name}${suffix}${labelled(labels)} ${numbered(value)}\n`,
      );
      return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join("")}`;
    })
    .join("");
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numbered(value: number): string {
  return value === Infinity ? "+Inf" : String(value);
}
