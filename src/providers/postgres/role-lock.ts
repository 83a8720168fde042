import type { Client } from "pg";

/**
 * Waits until nobody else grants or revokes the same request, and keeps others out until the session ends. It is one of
 * the server's own locks, so it holds between several workers.
 *
 * @param client - an open session in the connection's database: advisory locks don't reach across databases
 * @param name - the role's name
 */
export async function lockRole(client: Client, name: string): Promise<void> {
  await client.query("SELECT pg_advisory_lock(hashtextextended($1, 0))", [`breakglass ${name}`]);
}
