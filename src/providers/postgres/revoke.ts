import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { CodedError } from "../../errors.ts";
import { requestOf } from "../principal-name.ts";
import type { Handle } from "../provider.ts";
import { clearLeftBehind } from "./left-behind.ts";
import { dropMemberships } from "./memberships.ts";
import { lockRole } from "./role-lock.ts";
import { findRoles, isOurs, type FoundRole } from "./role-mark.ts";
import { scramVerifier } from "./scram-verifier.ts";
import { endSessions } from "./sessions.ts";
import { withSession, type Reach } from "./session.ts";

/**
 * Ends a grant, in the one order that leaves no gap: no new logins, no powers (a session keeps those of a SET ROLE until
 * it ends), no sessions, nothing left behind, no role. Each step is committed by itself, so that a step that fails keeps
 * what the ones before it have closed. With the role already gone, what is left is to end its sessions.
 *
 * @param reach - the server
 * @param handle - the grant, or the sessions of a role that is gone (`oid:16403`)
 * @param options - `quarantine`: the role that gets its objects; `random`: n random bytes
 * @returns what was done, in words for the thread
 * @throws CodedError `TARGET_REFUSED` when the role at the server is not one of ours
 */
export async function revoke(
  reach: Reach,
  handle: Handle,
  options: { quarantine: string; random: (size: number) => Buffer },
): Promise<readonly string[]> {
  const { name, ref } = handle;
  if ((requestOf(name) === undefined && name !== `oid:${ref ?? ""}`) || (ref !== undefined && !/^\d{1,10}$/.test(ref)))
    throw new CodedError("TARGET_REFUSED", "Only what carries a request's mark is revoked, and this doesn't.");
  return withSession(reach, async (client) => {
    await lockRole(client, name);
    const role = await roleToEnd(client, handle);
    const done: string[] = [];
    let closed = 0;
    if (role !== undefined) {
      const nobodyKnows = scramVerifier(options.random(24).toString("base64url"), options.random(16));
      const quoted = escapeIdentifier(role.name);
      await client.query(`ALTER ROLE ${quoted} NOLOGIN PASSWORD ${escapeLiteral(nobodyKnows)}`);
      await dropMemberships(client, role);
      closed += await endSessions(client, [role.oid], reach.signal);
      done.push(...(await clearLeftBehind(client, reach, role, options.quarantine)));
      await client.query(`DROP ROLE ${quoted}`);
    }
    const gone = [role?.oid, await goneOid(client, ref)].filter((oid) => oid !== undefined);
    if (gone.length > 0) closed += await endSessions(client, [...new Set(gone)], reach.signal);
    return [role === undefined ? "role was already gone" : "role removed", connections(closed), ...done];
  });
}

function connections(closed: number): string {
  if (closed === 0) return "no connection was left";
  return closed === 1 ? "1 connection closed" : `${closed} connections closed`;
}

/** The role the handle means, or undefined when it is gone. */
async function roleToEnd(client: Client, { name, ref }: Handle): Promise<FoundRole | undefined> {
  const roles = await findRoles(client, { pattern: `^${name}$`, oids: ref === undefined ? [] : [ref] });
  const role = roles.find((each) => each.name === name);
  if (role !== undefined && !isOurs(role) && role.oid !== ref) {
    throw new CodedError("TARGET_REFUSED", `The role "${name}" was not made here.`, {
      next: "Look at it in Postgres, and drop it there if nobody needs it.",
    });
  }
  const request = requestOf(name);
  const renamed = roles.find((each) => each.name !== name && each.comment?.startsWith(`breakglass ${request ?? ""} `));
  if (request !== undefined && renamed !== undefined) {
    throw new CodedError("TARGET_REFUSED", `The role "${name}" was renamed to "${renamed.name}" by hand.`, {
      next: `Run ALTER ROLE ${escapeIdentifier(renamed.name)} RENAME TO ${escapeIdentifier(name)} there; the revoke is tried again.`,
    });
  }
  return role;
}

/** The oid, unless a role has it: numbers are used again some day, and then its sessions are somebody else's. */
async function goneOid(client: Client, oid: string | undefined): Promise<string | undefined> {
  if (oid === undefined) return undefined;
  const taken = await findRoles(client, { pattern: "^$", oids: [oid] });
  return taken.length === 0 ? oid : undefined;
}
