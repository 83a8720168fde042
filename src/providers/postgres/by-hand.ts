import { escapeIdentifier, escapeLiteral } from "pg";
import type { Handle } from "../provider.ts";
import { requestOf } from "../principal-name.ts";
import { shellQuote } from "../shell-quote.ts";
import type { ServerAddress } from "./server-address.ts";

/**
 * The shell lines with which a person does what `revoke` does, in its order, as the same admin. `psql` asks for the password,
 * or takes it from the person's own `PGPASSWORD` or pgpass file.
 *
 * @param address - the server
 * @param handle - what to end
 * @param quarantine - the role that gets its objects
 */
export function byHand(address: ServerAddress, handle: Handle, quarantine: string): string[] {
  const { name, ref } = handle;
  const byOid = ref === undefined ? [] : [`usesysid = ${ref}`];
  if (requestOf(name) === undefined) return [exports(address), psql(terminate(byOid))];
  const role = escapeIdentifier(name);
  const kill = terminate([...byOid, `usename = ${escapeLiteral(name)}`]);
  const to = escapeIdentifier(quarantine);
  const ensure = `DO $$BEGIN IF to_regrole(${escapeLiteral(to)}) IS NULL THEN CREATE ROLE ${to} NOLOGIN; END IF; END$$`;
  const rollBack = `SELECT format('ROLLBACK PREPARED %L', gid) FROM pg_prepared_xacts WHERE owner = ${escapeLiteral(name)} AND database = current_database()`;
  const handOver = `REASSIGN OWNED BY ${role} TO ${to}; DROP OWNED BY ${role}`;
  return [
    exports(address),
    psql(`ALTER ROLE ${role} NOLOGIN PASSWORD NULL`),
    psql(kill),
    psql(ensure),
    `psql -Atc 'SELECT datname FROM pg_database WHERE datallowconn' | while read -r PGDATABASE; do export PGDATABASE; ` +
      `psql -Atc ${shellQuote(rollBack)} | psql; ${psql(handOver)} </dev/null; done`,
    psql(`DROP ROLE ${role}`),
    psql(kill),
  ];
}

function exports(address: ServerAddress): string {
  const variables = {
    PGHOST: address.host,
    PGPORT: String(address.port),
    PGUSER: address.user,
    PGDATABASE: address.database,
    PGSSLMODE: address.sslmode,
    PGSSLROOTCERT: address.sslrootcert,
  };
  const set = Object.entries(variables).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${shellQuote(value)}`],
  );
  return `export ${set.join(" ")}`;
}

function psql(sql: string): string {
  return `psql -c ${shellQuote(sql)}`;
}

function terminate(conditions: readonly string[]): string {
  return `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${conditions.join(" OR ") || "false"}`;
}
