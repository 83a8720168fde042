import type pg from "pg";
import { requestOf } from "../principal-name.ts";

/** A role at the server that may be ours. */
export interface FoundRole {
  readonly name: string;
  readonly oid: string;
  readonly comment: string | null;
}

const ROLE_COLUMNS = `rolname AS name, oid::text AS oid, shobj_description(oid, 'pg_authid') AS comment`;

/**
 * The comment that marks a role as ours. A name alone is no proof: `bg_reader` has the form of one, too, and may be
 * somebody's own.
 *
 * @param order - `request`: its id; `person`: who got it; `deadline`: epoch milliseconds
 */
export function roleComment(order: { request: string; person: string; deadline: number }): string {
  return `breakglass ${order.request} for ${order.person} until ${new Date(order.deadline).toISOString()}`;
}

/** Whether a role carries both halves of our mark: the name, and the comment for the same request. */
export function isOurs(role: FoundRole): boolean {
  const request = requestOf(role.name);
  return request !== undefined && role.comment?.startsWith(`breakglass ${request} `) === true;
}

/**
 * Roles by name or by oid.
 *
 * @param client - an open session
 * @param by - `pattern`: a regular expression of Postgres's, for the name; `oids`: as text
 */
export async function findRoles(
  client: pg.Client,
  by: { pattern: string; oids: readonly string[] },
): Promise<FoundRole[]> {
  const found = await client.query<FoundRole>(
    `SELECT ${ROLE_COLUMNS} FROM pg_catalog.pg_roles WHERE rolname ~ $1 OR oid = ANY ($2::oid[])`,
    [by.pattern, by.oids],
  );
  return found.rows;
}
