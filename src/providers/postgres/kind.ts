import { randomBytes } from "node:crypto";
import { z } from "zod";
import { healthOf } from "../health.ts";
import { requestOf } from "../principal-name.ts";
import type { Provider, ProviderKind } from "../provider.ts";
import { Timeout, timeoutMs } from "../timeout.ts";
import { byHand } from "./by-hand.ts";
import { grant } from "./grant.ts";
import { list } from "./list.ts";
import { problems } from "./problems.ts";
import { revoke } from "./revoke.ts";
import { readServerAddress } from "./server-address.ts";
import type { Reach } from "./session.ts";

/** Postgres cuts longer names short without a word (NAMEDATALEN). */
const RoleName = z
  .string()
  .min(1)
  .refine((name) => Buffer.byteLength(name) <= 63, "must be at most 63 bytes long");

const Connection = z.strictObject({
  url: z.string().superRefine((url, context) => {
    try {
      readServerAddress(url);
    } catch (thrown) {
      context.addIssue({ code: "custom", message: thrown instanceof Error ? thrown.message : "can't be read" });
    }
  }),
  quarantine: RoleName.refine(
    (name) => requestOf(name) === undefined,
    "must not look like the name of a request's role",
  ).default("bg_quarantine"),
  connectTimeout: Timeout.optional(),
});

const Role = z.strictObject({
  memberOf: z.array(RoleName).min(1),
  connectionLimit: z.int().min(1).max(1_000).default(5),
  database: RoleName.optional(),
});

/** A target's `connection:`. `url` is the admin's; the role `quarantine` gets what a requester made. */
export type PostgresConnection = z.infer<typeof Connection>;

/** A role's `grant:`. The login role becomes a member of `memberOf`; `database` is the one to connect to. */
export type PostgresRole = z.infer<typeof Role>;

/** Login roles on a PostgreSQL server, one for each request. */
export const postgresKind: ProviderKind<PostgresConnection, PostgresRole> = {
  kind: "postgres",
  parseConnection: (input) => Connection.parse(input),
  parseRole: (input) => Role.parse(input),
  open,
};

function open(connection: PostgresConnection): Provider<PostgresRole> {
  const address = readServerAddress(connection.url);
  const { quarantine } = connection;
  const connectTimeout = timeoutMs(connection.connectTimeout, 5_000);
  const closing = new AbortController();
  const reach = (signal: AbortSignal): Reach => ({
    address,
    connectTimeout,
    signal: AbortSignal.any([signal, closing.signal]),
  });
  return {
    revocation: "immediate",
    grant: (order, signal) => grant(reach(signal), order, randomBytes),
    revoke: (handle, signal) => revoke(reach(signal), handle, { quarantine, random: randomBytes }),
    list: (signal) => list(reach(signal)),
    check: (signal) => healthOf(signal, () => problems(reach(signal), quarantine)),
    byHand: (handle) => byHand(address, handle, quarantine),
    close: () => {
      closing.abort();
      return Promise.resolve();
    },
  };
}
