import pg from "pg";

/** Where the console's database is. */
export interface QueryAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

/** What a query came to. Values are as Postgres writes them. */
export interface QueryAnswer {
  readonly columns: string[];
  /** At most {@link ROWS}. */
  readonly rows: (string | null)[][];
  readonly rowCount: number;
  readonly command: string;
  readonly ms: number;
}

/** As many rows as the page shows. */
export const ROWS = 50;

/** Milliseconds that a statement may take. */
const STATEMENT_TIMEOUT = 5_000;

/** One live session at the database, as the person who was given the access would hold it. */
export class QuerySession {
  readonly #client: pg.Client;
  readonly #now: () => number;
  #ended = false;
  #closing = false;
  /** Queries of one session run one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param address - which database
   * @param as - who logs in
   * @param now - milliseconds, to time queries
   */
  constructor(address: QueryAddress, as: { user: string; password: string }, now: () => number) {
    this.#now = now;
    this.#client = new pg.Client({
      ...address,
      ...as,
      ssl: false,
      application_name: "orders-db console",
      connectionTimeoutMillis: STATEMENT_TIMEOUT,
      statement_timeout: STATEMENT_TIMEOUT,
    });
    // A session that is ended while idle says so by an error that no query is there to catch.
    this.#client.on("error", () => undefined);
    this.#client.on("end", () => (this.#ended = !this.#closing));
  }

  /** Whether the other side closed the session. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Logs in. */
  async open(): Promise<void> {
    await this.#client.connect();
  }

  /**
   * Runs statements; the answer is the last one's.
   *
   * @param sql - as typed
   */
  async run(sql: string): Promise<QueryAnswer> {
    const mine = this.#turn.then(
      () => this.#run(sql),
      () => this.#run(sql),
    );
    this.#turn = mine;
    return mine;
  }

  /** Logs out. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#client.end().catch(() => undefined);
  }

  async #run(sql: string): Promise<QueryAnswer> {
    const started = this.#now();
    const rows: { of: pg.FieldDef[]; values: (string | null)[] }[] = [];
    const last = await new Promise<pg.QueryArrayResult | undefined>((resolve, reject) => {
      const query = new pg.Query<(string | null)[]>({
        text: sql,
        rowMode: "array",
        types: { getTypeParser: () => String },
      } as pg.QueryArrayConfig);
      // Listening to rows keeps the driver from holding them all.
      query.on("row", (row, result) => {
        if (result === undefined) return;
        const first = rows[0];
        if (first !== undefined && first.of !== result.fields) rows.length = 0;
        if (rows.length < ROWS) rows.push({ of: result.fields, values: row });
      });
      query.on("error", reject);
      query.on("end", (result: pg.QueryArrayResult | pg.QueryArrayResult[]) => {
        resolve(Array.isArray(result) ? result.at(-1) : result);
      });
      this.#client.query(query);
    });
    const fields = last?.fields ?? [];
    return {
      columns: fields.map(({ name }) => name),
      rows: rows.filter(({ of }) => of === fields).map(({ values }) => values),
      rowCount: last?.rowCount ?? 0,
      command: last?.command ?? "",
      ms: Math.round(this.#now() - started),
    };
  }
}
