import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import type { ClientConfig } from "pg";
import { Secret } from "../../secret.ts";

/** Where a server is and who we are there, from a `postgres://` URL. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
  readonly database: string;
  readonly sslmode?: SslMode;
  readonly sslrootcert?: string;
}

const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;
type SslMode = (typeof SSL_MODES)[number];

const PARAMETERS = ["host", "sslmode", "sslrootcert"];

/**
 * Reads a connection URL as libpq does (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING).
 * What isn't understood is refused: a misspelt `sslmode` must not become a connection in the clear.
 *
 * @param url - `postgres://user:password@host:5432/database?sslmode=verify-full`; `?host=/run/postgresql` for a
 * socket, whatever the host before it
 * @throws Error whose message says what is wrong and never repeats the URL
 */
export function readServerAddress(url: string): ServerAddress {
  const parts = URL.canParse(url) ? new URL(url) : undefined;
  if (parts === undefined || !["postgres:", "postgresql:"].includes(parts.protocol))
    throw new Error("must be a URL such as postgres://user:password@host:5432/database");
  const unknown = [...parts.searchParams.keys()].filter((key) => !PARAMETERS.includes(key));
  if (unknown.length > 0) throw new Error(`has parameters that are not understood: ${unknown.join(", ")}`);
  const host = parts.searchParams.get("host") ?? decodeURIComponent(parts.hostname.replace(/^\[(.+)\]$/, "$1"));
  const user = decodeURIComponent(parts.username);
  if (host === "") throw new Error("must name a host");
  if (user === "") throw new Error("must name a user");
  const mode = parts.searchParams.get("sslmode");
  const sslmode = SSL_MODES.find((each) => each === mode);
  if (mode !== null && sslmode === undefined) throw new Error(`needs one of these as sslmode: ${SSL_MODES.join(", ")}`);
  const sslrootcert = parts.searchParams.get("sslrootcert");
  return {
    host,
    port: parts.port === "" ? 5432 : Number(parts.port),
    user,
    password: new Secret(decodeURIComponent(parts.password)),
    database: decodeURIComponent(parts.pathname.slice(1)) || "postgres",
    ...(sslmode !== undefined && { sslmode }),
    ...(sslrootcert !== null && { sslrootcert }),
  };
}

/**
 * What `pg` needs to connect. Every value is given, so that none is taken from `PGPASSWORD` and its kin.
 *
 * @param address - the server
 * @param database - which of its databases
 */
export function clientConfig(address: ServerAddress, database: string): ClientConfig {
  const { host, port, user } = address;
  return { host, port, user, database, password: () => address.password.reveal(), ssl: tlsOf(address) };
}

/**
 * How TLS is spoken to a server; false for not at all. libpq's meaning: `require` alone encrypts but trusts any certificate, and with
 * a root certificate checks its chain.
 */
export function tlsOf(address: Pick<ServerAddress, "sslmode" | "sslrootcert">): false | ConnectionOptions {
  const { sslmode = "disable", sslrootcert } = address;
  if (sslmode === "disable") return false;
  if (sslmode === "require" && sslrootcert === undefined) return { rejectUnauthorized: false };
  const ca = sslrootcert === undefined ? {} : { ca: readFileSync(sslrootcert, "utf8") };
  return sslmode === "verify-full" ? ca : { ...ca, checkServerIdentity: () => undefined };
}

/**
 * The command line with which a person connects; `psql` asks for the password.
 *
 * @param address - the server
 * @param as - `user` and `database` to connect with
 */
export function psqlCommand(
  address: Pick<ServerAddress, "host" | "port"> & { readonly sslmode?: string | undefined },
  as: { user: string; database: string },
): string {
  const pairs: [string, string][] = [
    ["host", address.host],
    ["port", String(address.port)],
    ["dbname", as.database],
    ["user", as.user],
  ];
  if (address.sslmode !== undefined) pairs.push(["sslmode", address.sslmode]);
  const conninfo = pairs.map(([key, value]) => `${key}=${conninfoValue(value)}`).join(" ");
  return `psql "${conninfo.replaceAll(/[\\"$`]/g, "\\$&")}"`;
}

function conninfoValue(value: string): string {
  return /^[\w.:/-]+$/.test(value) ? value : `'${value.replaceAll(/[\\']/g, "\\$&")}'`;
}
