import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { withSession, type Reach } from "./session.ts";

/**
 * Clears what a role would leave behind: prepared transactions are rolled back, and whatever it made goes to the quarantine
 * role. Nothing is dropped, because what a responder made in an incident may be what keeps the service up.
 *
 * @param client - an open session in the connection's own database
 * @param reach - the server, for its other databases
 * @param role - whose
 * @param quarantine - the role that gets the objects; made if missing
 * @returns what was done, in words
 */
export async function clearLeftBehind(
  client: Client,
  reach: Reach,
  role: { name: string; oid: string },
  quarantine: string,
): Promise<string[]> {
  const superuser = await isSuperuser(client);
  // Taking over somebody's objects needs their powers, which only a superuser has without asking.
  if (!superuser) await client.query(`GRANT ${escapeIdentifier(role.name)} TO CURRENT_USER`);
  const prepared = await preparedBy(client, role.name);
  const done = prepared.length === 0 ? [] : [`prepared transactions rolled back: ${prepared.length}`];
  for (const { gid, database } of prepared)
    await withSession(reach, (there) => rollBack(there, gid, superuser ? undefined : role.name), database);

  const databases = await databasesWithTraces(client, role.oid);
  if (databases.length === 0) return done;
  await ensureQuarantine(client, quarantine, superuser);
  const [from, to] = [escapeIdentifier(role.name), escapeIdentifier(quarantine)];
  // One statement string is one transaction: DROP OWNED takes back privileges and must find no object left to drop.
  const handOver = `REASSIGN OWNED BY ${from} TO ${to}; DROP OWNED BY ${from}`;
  for (const database of databases) await withSession(reach, (there) => there.query(handOver), database);
  return [...done, `what it made kept under ${quarantine}`];
}

async function isSuperuser(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ is: boolean }>(
    "SELECT rolsuper AS is FROM pg_catalog.pg_roles WHERE rolname = current_user",
  );
  return rows[0]?.is === true;
}

async function preparedBy(client: Client, owner: string): Promise<{ gid: string; database: string }[]> {
  const { rows } = await client.query<{ gid: string; database: string }>(
    "SELECT gid, database FROM pg_catalog.pg_prepared_xacts WHERE owner = $1",
    [owner],
  );
  return rows;
}

/** Only its owner, or a superuser, may end a prepared transaction, and only in its own database. */
async function rollBack(client: Client, gid: string, as: string | undefined): Promise<void> {
  if (as !== undefined) await client.query(`SET ROLE ${escapeIdentifier(as)}`);
  await client.query(`ROLLBACK PREPARED ${escapeLiteral(gid)}`);
}

/** Databases where the role owns or may do something; for what is shared by all (a database it owns), any one will do. */
async function databasesWithTraces(client: Client, oid: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT coalesce(d.datname, current_database())::text AS name
     FROM pg_catalog.pg_shdepend s LEFT JOIN pg_catalog.pg_database d ON d.oid = s.dbid
     WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.refobjid = $1::oid
       AND s.classid <> 'pg_catalog.pg_auth_members'::regclass
     ORDER BY 1`,
    [oid],
  );
  return rows.map((row) => row.name);
}

async function ensureQuarantine(client: Client, name: string, superuser: boolean): Promise<void> {
  const quoted = escapeIdentifier(name);
  const { rows } = await client.query<{ member: boolean }>(
    "SELECT pg_has_role(oid, 'MEMBER') AS member FROM pg_catalog.pg_roles WHERE rolname = $1",
    [name],
  );
  if (rows.length === 0) await client.query(`CREATE ROLE ${quoted} NOLOGIN`);
  if (!superuser && rows[0]?.member !== true) await client.query(`GRANT ${quoted} TO CURRENT_USER`);
}
