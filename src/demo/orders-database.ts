import { randomBytes } from "node:crypto";
import pg from "pg";
import type { Log } from "../log.ts";
import { scramVerifier } from "../providers/postgres/scram-verifier.ts";
import { startPostgres } from "./embedded-postgres.ts";

/** The demo's database, in the middle of a small incident. */
export interface OrdersDatabase {
  /** Connects as the bot's admin, who is no superuser. It holds the password: not for logs. */
  readonly adminUrl: string;
  readonly host: string;
  readonly port: number;
  readonly database: "orders";
  /** Shuts the server down at once. */
  stop(): Promise<void>;
}

const ADMIN = "breakglass_admin";

/** Roles belong to the server and outlive the database; each statement may find its work done by an earlier start. */
const ROLES = `
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['orders_reader', 'orders_writer', 'orders_owner', '${ADMIN}'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN EXECUTE format('CREATE ROLE %I NOLOGIN', name); END IF;
  END LOOP;
END $$;
GRANT pg_signal_backend TO ${ADMIN};
-- The admin may give these to others, and do nothing with them itself.
GRANT orders_reader, orders_writer, orders_owner TO ${ADMIN} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
`;

/** 612 orders; the 97 that were being charged when the primary failed over are stuck, and nothing moves them on. */
const INCIDENT = `
CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  city text NOT NULL
);
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer bigint NOT NULL REFERENCES customers,
  amount_cents integer NOT NULL CHECK (amount_cents > 0),
  status text NOT NULL CHECK (status IN ('queued', 'stuck', 'paid', 'shipped', 'delivered', 'cancelled')),
  updated_at timestamptz NOT NULL
);
CREATE TABLE order_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES orders,
  at timestamptz NOT NULL,
  what text NOT NULL
);
CREATE INDEX ON orders (status);
CREATE INDEX ON order_events (order_id);

INSERT INTO customers (name, city)
SELECT names[1 + n % 8] || ' ' || kinds[1 + n / 8], cities[1 + (n * 3) % 7]
FROM generate_series(0, 39) AS n, (SELECT
  ARRAY['Harbour', 'Juniper', 'Lantern', 'Marigold', 'Northside', 'Orchard', 'Pebble', 'Quarry'] AS names,
  ARRAY['Books', 'Coffee', 'Cycles', 'Garden', 'Tools'] AS kinds,
  ARRAY['Bergen', 'Dakar', 'Galway', 'Hanoi', 'Lima', 'Porto', 'Tartu'] AS cities) AS words;

INSERT INTO orders (customer, amount_cents, status, updated_at)
SELECT 1 + (n * 17) % 40, 450 + (n * 7919) % 24000,
  CASE WHEN n > 515 THEN 'stuck' WHEN n % 29 = 0 THEN 'cancelled' WHEN n % 3 = 0 THEN 'shipped'
    WHEN n % 7 = 0 THEN 'paid' ELSE 'delivered' END,
  now() - CASE WHEN n > 515 THEN interval '38 minutes' + (n - 515) * interval '1 second'
    ELSE interval '1 hour' + (516 - n) * interval '11 minutes' END
FROM generate_series(1, 612) AS n;

INSERT INTO order_events (order_id, at, what)
SELECT id, updated_at - interval '2 minutes', 'placed' FROM orders
UNION ALL SELECT id, updated_at, 'status ' || status FROM orders WHERE status <> 'stuck'
UNION ALL SELECT id, updated_at, 'primary failed over while charging; no worker holds this order' FROM orders WHERE status = 'stuck';

GRANT SELECT ON ALL TABLES IN SCHEMA public TO orders_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO orders_writer;
GRANT ALL ON ALL TABLES IN SCHEMA public TO orders_owner;
GRANT CREATE ON SCHEMA public TO orders_owner;
ANALYZE;
`;

/**
 * Starts a Postgres with the database `orders`, made anew at each start, and an admin role that has just what the bot
 * needs: it may make roles, give `orders_reader`, `orders_writer` and `orders_owner`, and end sessions.
 *
 * @param options - `dir`: where the cluster lives, made if missing
 * @throws CodedError `POSTGRES_MISSING` when the server can't be started
 */
export async function startOrdersDatabase(options: { dir: string; log: Log }): Promise<OrdersDatabase> {
  const server = await startPostgres({ dir: options.dir, log: options.log });
  const password = randomBytes(24).toString("base64url");
  try {
    await run(server.url, [
      ROLES,
      `ALTER ROLE ${ADMIN} LOGIN CREATEROLE PASSWORD '${scramVerifier(password, randomBytes(16))}'`,
      "DROP DATABASE IF EXISTS orders WITH (FORCE)",
      "CREATE DATABASE orders",
    ]);
    const orders = new URL(server.url);
    orders.pathname = "/orders";
    await run(orders.href, [INCIDENT]);
  } catch (thrown) {
    await server.stop();
    throw thrown;
  }
  options.log.info("The orders database is up.", { port: server.port });
  return {
    adminUrl: `postgres://${ADMIN}:${password}@127.0.0.1:${server.port}/orders`,
    host: "127.0.0.1",
    port: server.port,
    database: "orders",
    stop: () => server.stop(),
  };
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
