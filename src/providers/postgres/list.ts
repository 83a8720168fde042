import { requestOf } from "../principal-name.ts";
import type { Handle } from "../provider.ts";
import { findRoles, isOurs } from "./role-mark.ts";
import { withSession, type Reach } from "./session.ts";

/**
 * Our roles, and the sessions that go on although their role is gone: such a session has no name any more, so it is
 * known by its role's oid.
 *
 * Sessions are read before roles. The other way round, a role made in between would look like one that is gone.
 *
 * @param reach - the server
 */
export async function list(reach: Reach): Promise<Handle[]> {
  const { live, roles } = await withSession(reach, async (client) => {
    const sessions = await client.query<{ oid: string }>(
      "SELECT DISTINCT usesysid::text AS oid FROM pg_catalog.pg_stat_activity WHERE usesysid IS NOT NULL",
    );
    const oids = sessions.rows.map((row) => row.oid);
    return { live: oids, roles: await findRoles(client, { pattern: "^bg_[0-9a-z]{6}$", oids }) };
  });
  const ours = roles.filter(isOurs).map(({ name, oid }) => ({ ...withRequest(name), name, ref: oid }));
  const known = new Set(roles.map((role) => role.oid));
  const orphans = live.filter((oid) => !known.has(oid)).map((oid) => ({ name: `oid:${oid}`, ref: oid }));
  return [...ours, ...orphans];
}

function withRequest(name: string): { request?: string } {
  const request = requestOf(name);
  return request === undefined ? {} : { request };
}
