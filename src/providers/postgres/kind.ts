import { randomBytes } from "node:crypto";
import { inWords } from "../../domain/policy/form.ts";
import { healthOf } from "../health.ts";
import type { Provider, ProviderKind } from "../provider.ts";
import { timeoutMs } from "../timeout.ts";
import { activity } from "./activity.ts";
import { byHand } from "./by-hand.ts";
import { grant } from "./grant.ts";
import { list } from "./list.ts";
import { problems } from "./problems.ts";
import { revoke } from "./revoke.ts";
import { tryOut } from "./try-out.ts";
import { readServerAddress } from "./server-address.ts";
import type { Reach } from "./session.ts";
import { connectionSchema, roleSchema, type PostgresConnection, type PostgresRole } from "./settings.ts";

/** Login roles on a PostgreSQL server, one for each request. */
export const postgresKind: ProviderKind<PostgresConnection, PostgresRole> = {
  kind: "postgres",
  hasGateway: true,
  parseConnection: (input) => connectionSchema.parse(input, { error: inWords }),
  parseRole: (input) => roleSchema.parse(input, { error: inWords }),
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
    activity: (handle, cursor, signal) => activity(reach(signal), handle, cursor),
    tryOut: (credential, signal) => tryOut(reach(signal), credential),
    list: (signal) => list(reach(signal)),
    check: (signal) => healthOf(signal, () => problems(reach(signal), quarantine)),
    byHand: (handle) => byHand(address, handle, quarantine),
    close: () => {
      closing.abort();
      return Promise.resolve();
    },
  };
}
