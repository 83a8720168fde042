import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { CodedError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { principalName } from "../principal-name.ts";
import type { Granted, GrantOrder } from "../provider.ts";
import type { PostgresRole } from "./settings.ts";
import { dropMemberships } from "./memberships.ts";
import { findRoles, isOurs, roleComment } from "./role-mark.ts";
import { lockRole } from "./role-lock.ts";
import { scramVerifier } from "./scram-verifier.ts";
import { psqlCommand, type ServerAddress } from "./server-address.ts";
import { withSession, type Reach } from "./session.ts";

/** The server's own expiry stands behind ours, so that it never cuts a session short that is still allowed. */
const GRACE_MS = 60_000;

/** Attributes that a role of ours never has, by their columns in pg_roles. */
const POWERS = {
  rolsuper: "NOSUPERUSER",
  rolcreatedb: "NOCREATEDB",
  rolcreaterole: "NOCREATEROLE",
  rolreplication: "NOREPLICATION",
  rolbypassrls: "NOBYPASSRLS",
} as const;
type Powers = Record<keyof typeof POWERS, boolean>;

/**
 * Makes the request's login role, or brings it to what the order says if it is there: all in one transaction, the
 * server's own expiry included.
 *
 * @param reach - the server
 * @param order - what to give
 * @param random - n random bytes
 * @throws CodedError `TARGET_REFUSED` when a listed role doesn't exist, or the role's name is taken
 */
export async function grant(
  reach: Reach,
  order: GrantOrder<PostgresRole>,
  random: (size: number) => Buffer,
): Promise<Granted> {
  const name = principalName(order.request);
  const password = random(24).toString("base64url");
  const verifier = scramVerifier(password, random(16));
  const ref = await withSession(reach, async (client) => {
    await client.query("BEGIN");
    await lockRole(client, name);
    await refuseUnknown(client, order.role.memberOf);
    const oid = await roleOfOurs(client, name);
    await client.query(alterRole(name, order, verifier, await strayPowers(client, oid)));
    await client.query(`COMMENT ON ROLE ${escapeIdentifier(name)} IS ${escapeLiteral(roleComment(order))}`);
    await dropMemberships(client, { name, oid });
    // Sorted, so that two grants lock the same roles in the same order.
    for (const group of [...new Set(order.role.memberOf)].sort())
      await client.query(`GRANT ${escapeIdentifier(group)} TO ${escapeIdentifier(name)}`);
    await client.query("COMMIT");
    return oid;
  });
  const database = order.role.database ?? reach.address.database;
  return {
    handle: { request: order.request, name, ref },
    credential: {
      user: name,
      password: new Secret(password),
      connect: psqlCommand(reach.address, { user: name, database }),
    },
    server: { ...whereOf(reach.address), database, connections: order.role.connectionLimit },
  };
}

function whereOf({ host, port, sslmode, sslrootcert }: ServerAddress) {
  return { host, port, ...(sslmode !== undefined && { sslmode }), ...(sslrootcert !== undefined && { sslrootcert }) };
}

async function refuseUnknown(client: Client, groups: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS name
     WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name) ORDER BY name`,
    [groups],
  );
  if (rows.length === 0) return;
  const names = rows.map((row) => `"${row.name}"`).join(", ");
  throw new CodedError("TARGET_REFUSED", `Postgres has no role ${names}.`, {
    next: "Create it there, or correct memberOf in the policy.",
  });
}

/** The oid of the request's role, which is made, without a login yet, if it isn't there. */
async function roleOfOurs(client: Client, name: string): Promise<string> {
  const by = { pattern: `^${name}$`, oids: [] };
  let [role] = await findRoles(client, by);
  if (role === undefined) {
    await client.query(`CREATE ROLE ${escapeIdentifier(name)}`);
    [role] = await findRoles(client, by);
  } else if (!isOurs(role)) {
    throw new CodedError("TARGET_REFUSED", `Postgres already has a role "${name}" that was not made here.`, {
      next: "Rename it there, or ask again: a new request gets another name.",
    });
  }
  if (role === undefined) throw new CodedError("TARGET_REFUSED", "Postgres does not show the role it just made.");
  return role.oid;
}

/** Powers that somebody gave the role by hand. Only those are named: naming one at all needs the right to give it. */
async function strayPowers(client: Client, oid: string): Promise<string[]> {
  const columns = Object.keys(POWERS).join(", ");
  const { rows } = await client.query<Powers>(`SELECT ${columns} FROM pg_catalog.pg_roles WHERE oid = $1::oid`, [oid]);
  return Object.entries(POWERS).flatMap(([column, off]) => (rows[0]?.[column as keyof Powers] === true ? [off] : []));
}

function alterRole(name: string, order: GrantOrder<PostgresRole>, verifier: string, stray: readonly string[]): string {
  const expiry = new Date(order.deadline + GRACE_MS).toISOString();
  return [
    `ALTER ROLE ${escapeIdentifier(name)} LOGIN INHERIT`,
    ...stray,
    `PASSWORD ${escapeLiteral(verifier)}`,
    `VALID UNTIL ${escapeLiteral(expiry)}`,
    `CONNECTION LIMIT ${order.role.connectionLimit}`,
  ].join(" ");
}
