/** What a rule can see of something. Never a statement's text, nor a value in it. */
export type Fact = string | number | boolean | readonly string[];
export type Facts = Readonly<Record<string, Fact | undefined>>;

const OF_REQUEST = {
  target: "text",
  role: "text",
  person: "text",
  emergency: "yes or no",
} as const;

/**
 * The facts there are, by what they are about; docs/anomalies.md explains each. `statement`: one that was run, and what became of it.
 * `use`: everything that was run under the request so far. `grant`: the moment at which access is on. `end`: when it has ended.
 */
export const FACTS = {
  statement: {
    ...OF_REQUEST,
    ...{ kind: "text", verb: "text", tables: "texts", written: "texts", functions: "texts" },
    ...{ everyRow: "yes or no", outside: "yes or no", failed: "yes or no", error: "text" },
    ...{ rows: "number", bytes: "number", ms: "number" },
  },
  use: {
    ...OF_REQUEST,
    ...{ statements: "number", read: "number", changed: "number", bytes: "number", errors: "number" },
    ...{ sessions: "number", addresses: "number", tables: "texts" },
  },
  grant: {
    ...OF_REQUEST,
    ...{ firstOnTarget: "yes or no", firstInRole: "yes or no", automatic: "yes or no" },
    ...{ requestsToday: "number", hour: "number", weekday: "text", minutes: "number" },
  },
  end: {
    ...OF_REQUEST,
    ...{ used: "yes or no", opened: "yes or no", early: "yes or no" },
    ...{ statements: "number", stoodMinutes: "number", idleMinutes: "number" },
  },
} as const satisfies Record<string, Record<string, "text" | "texts" | "number" | "yes or no">>;

export type Category = keyof typeof FACTS;
export const CATEGORIES = Object.keys(FACTS) as [Category, ...Category[]];
