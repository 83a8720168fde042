import { CodedError } from "../../errors.ts";
import { list } from "../../domain/text.ts";
import type { InUse } from "../provider.ts";
import { withSession, type Reach } from "./session.ts";
import type { PostgresRole } from "./settings.ts";

/**
 * Logs in as the requester would, and looks whether what the role promises is there.
 *
 * @param reach - the server, as its admin reaches it
 * @returns what was looked at
 * @throws CodedError as {@link withSession}; `TARGET_REFUSED` where a role is missing
 */
export async function tryOut(reach: Reach, { role, user, password, through }: InUse<PostgresRole>): Promise<string> {
  const own = reach.address;
  const address = through === undefined ? { ...own, user, password } : { ...through, user, password, database: "" };
  const missing = await withSession(
    { ...reach, address },
    async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `SELECT name FROM unnest($1::text[]) AS name WHERE NOT pg_catalog.pg_has_role(name, 'USAGE')`,
        [role.memberOf],
      );
      return rows.map(({ name }) => name);
    },
    role.database ?? own.database,
  );
  const groups = list(role.memberOf, "and");
  if (missing.length > 0)
    throw new CodedError("TARGET_REFUSED", `${user} can log in, but is no member of ${list(missing, "or")}.`);
  return `${user} logged in${through === undefined ? "" : " through the session gateway"}, as a member of ${groups}`;
}
