import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { postgresKind } from "../../../src/providers/postgres/kind.ts";
import type { PostgresRole } from "../../../src/providers/postgres/settings.ts";
import type { Credential, GrantOrder, Provider } from "../../../src/providers/provider.ts";
import { postgres } from "../../support/postgres.ts";
import type { Log } from "../../../src/log.ts";

/** A server with what the tests grant: `orders_reader` may read the table `orders`, `orders_writer` may also change it. */
export interface OrdersServer {
  readonly url: string;
  readonly port: number;
  readonly admin: Client;
  readonly provider: Provider<PostgresRole>;
  stop(): Promise<void>;
}

export async function ordersServer(options: { log?: Log } = {}): Promise<OrdersServer> {
  const server = await postgres(options);
  const admin = new Client(server.url);
  admin.on("error", () => undefined);
  await admin.connect();
  await admin.query(`
    CREATE TABLE orders (id int); INSERT INTO orders VALUES (1);
    CREATE ROLE orders_reader; GRANT SELECT ON orders TO orders_reader;
    CREATE ROLE orders_writer; GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO orders_writer;
    GRANT CREATE ON SCHEMA public TO orders_writer`);
  const provider = postgresKind.open(postgresKind.parseConnection({ url: server.url }));
  return {
    url: server.url,
    port: server.port,
    admin,
    provider,
    stop: async () => {
      await provider.close();
      await admin.end();
      await server.stop();
    },
  };
}

/** An order for alice, ten minutes long. */
export function orderFor(request: string, ...memberOf: string[]): GrantOrder<PostgresRole> {
  const role = postgresKind.parseRole({ memberOf: memberOf.length === 0 ? ["orders_writer"] : memberOf });
  return { request, person: "alice", role, deadline: Date.now() + 600_000 };
}

/** Connects with what a requester got. */
export async function login(port: number, credential: Credential | undefined, database = "postgres"): Promise<Client> {
  if (credential === undefined) throw new Error("no credential");
  const client = new Client({
    host: "127.0.0.1",
    port,
    user: credential.user,
    password: credential.password.reveal(),
    database,
  });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Whether a session still answers. */
export async function alive(client: Client): Promise<boolean> {
  return client.query("SELECT 1").then(
    () => true,
    () => false,
  );
}

/** The SQLSTATE with which a statement fails, or undefined when it doesn't. */
export async function sqlState(action: Promise<unknown>): Promise<string | undefined> {
  return action.then(
    () => undefined,
    (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "none"),
  );
}

/** A session that holds a lock on a table until it ends. */
export async function lockedBy(server: OrdersServer, table: string): Promise<Client> {
  const holder = new Client(server.url);
  holder.on("error", () => undefined);
  await holder.connect();
  await holder.query(`BEGIN; LOCK TABLE ${table}`);
  return holder;
}

/** Waits for a condition, at most ten seconds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > limit) throw new Error("it did not happen within 10 s");
    await sleep(20);
  }
}
