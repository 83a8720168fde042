import { escapeIdentifier, type Client } from "pg";

/**
 * Takes a role out of every role it is a member of, and takes back the memberships it passed on. Since version 16 a
 * membership belongs to whoever granted it, and stands until it is revoked in their name.
 *
 * @param client - an open session
 * @param role - the member
 */
export async function dropMemberships(client: Client, role: { name: string; oid: string }): Promise<void> {
  const version = await serverVersion(client);
  const { rows } = await client.query<{ group: string; member: string; grantor: string | null }>(
    `SELECT r.rolname AS "group", u.rolname AS member, g.rolname AS grantor
     FROM pg_catalog.pg_auth_members m
     JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
     JOIN pg_catalog.pg_roles u ON u.oid = m.member
     LEFT JOIN pg_catalog.pg_roles g ON g.oid = m.grantor
     WHERE m.member = $1::oid OR m.grantor = $1::oid
     ORDER BY m.member = $1::oid, 1, 2`,
    [role.oid],
  );
  for (const { group, member, grantor } of rows) {
    const inTheirName = version >= 16 && grantor !== null ? ` GRANTED BY ${escapeIdentifier(grantor)}` : "";
    await client.query(`REVOKE ${escapeIdentifier(group)} FROM ${escapeIdentifier(member)}${inTheirName} CASCADE`);
  }
}

/**
 * The server's major version.
 *
 * @param client - an open session
 */
export async function serverVersion(client: Client): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int / 10000 AS version",
  );
  return rows[0]?.version ?? 0;
}
