import { escapeIdentifier, type Client } from "pg";
import { serverVersion } from "./memberships.ts";
import { withSession, type Reach } from "./session.ts";

interface Powers {
  me: string;
  standby: boolean;
  superuser: boolean;
  createrole: boolean;
  signal: boolean;
  /** Whether there is any role that the admin may give to others. */
  gives: boolean;
  /** Whether the quarantine role is there already, and the admin may hand objects to it. */
  quarantine: boolean;
  hands: boolean;
}

/**
 * What keeps the admin from granting and revoking here, each as a sentence that says what to run. Changes nothing.
 *
 * @param reach - the server
 * @param quarantine - the role that gets what requesters made
 */
export async function problems(reach: Reach, quarantine: string): Promise<string[]> {
  return withSession(reach, async (client) => {
    const version = await serverVersion(client);
    const powers = await powersOf(client, quarantine);
    const me = escapeIdentifier(powers.me);
    const found: string[] = [];
    if (powers.standby) found.push("The server is a read-only standby: name the primary in the target's connection.");
    if (powers.superuser) return found;
    if (!powers.createrole) found.push(`${me} may not create roles: run ALTER ROLE ${me} CREATEROLE as a superuser.`);
    if (!powers.signal)
      found.push(`${me} may not end live sessions: run GRANT pg_signal_backend TO ${me} as a superuser.`);
    // Before version 16, CREATEROLE alone gives any role but a superuser's.
    if (version >= 16 && !powers.gives)
      found.push(`${me} can give no role: for each role in memberOf, run GRANT role TO ${me} WITH ADMIN OPTION.`);
    if (version >= 16 && powers.quarantine && !powers.hands)
      found.push(`${me} can't hand objects over: run GRANT ${escapeIdentifier(quarantine)} TO ${me} as a superuser.`);
    return found;
  });
}

async function powersOf(client: Client, quarantine: string): Promise<Powers> {
  const { rows } = await client.query<Powers>(
    `SELECT rolname AS me, pg_is_in_recovery() AS standby, rolsuper AS superuser, rolcreaterole AS createrole,
       pg_has_role('pg_signal_backend', 'USAGE') AS signal,
       EXISTS (SELECT FROM pg_catalog.pg_roles given WHERE given.rolname NOT IN (current_user, $1)
         AND given.rolname !~ '^bg_' AND pg_has_role(given.oid, 'MEMBER WITH ADMIN OPTION')) AS gives,
       EXISTS (SELECT FROM pg_catalog.pg_roles q WHERE q.rolname = $1) AS quarantine,
       EXISTS (SELECT FROM pg_catalog.pg_roles q WHERE q.rolname = $1 AND pg_has_role(q.oid, 'MEMBER')) AS hands
     FROM pg_catalog.pg_roles WHERE rolname = current_user`,
    [quarantine],
  );
  const [powers] = rows;
  if (powers === undefined) throw new Error("the server does not know the role it let in");
  return powers;
}
