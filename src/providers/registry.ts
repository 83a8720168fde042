import { CodedError } from "../errors.ts";
import { commandKind } from "./command/kind.ts";
import { postgresKind } from "./postgres/kind.ts";
import type { Provider, ProviderKind } from "./provider.ts";

/** A kind with its own types hidden, so that all kinds can be treated alike. */
export type AnyKind = ProviderKind<unknown, unknown>;

/**
 * Hides a kind's types. What comes in again is parsed again, which a parser that accepts its own results allows.
 *
 * @param kind - a kind whose `parseConnection` and `parseRole` accept what they return
 */
export function defineKind<Connection, Role>(kind: ProviderKind<Connection, Role>): AnyKind {
  return {
    kind: kind.kind,
    ...(kind.hasGateway && { hasGateway: true }),
    parseConnection: (input) => kind.parseConnection(input),
    parseRole: (input) => kind.parseRole(input),
    open: (connection) => anyProvider(kind, kind.open(kind.parseConnection(connection))),
  };
}

function anyProvider<Connection, Role>(
  kind: ProviderKind<Connection, Role>,
  provider: Provider<Role>,
): Provider<unknown> {
  return {
    revocation: provider.revocation,
    grant: async (order, signal) => provider.grant({ ...order, role: kind.parseRole(order.role) }, signal),
    revoke: (handle, signal) => provider.revoke(handle, signal),
    list: (signal) => provider.list(signal),
    ...(provider.isRotated && { isRotated: provider.isRotated.bind(provider) }),
    ...(provider.activity && { activity: provider.activity.bind(provider) }),
    ...(provider.tryOut && {
      tryOut: async (credential, signal) =>
        (await provider.tryOut?.({ ...credential, role: kind.parseRole(credential.role) }, signal)) ?? "",
    }),
    check: (signal) => provider.check(signal),
    byHand: (handle) => provider.byHand(handle),
    close: () => provider.close(),
  };
}

/** Every kind of target that a policy can name in `provider:`. */
export const providerKinds: ReadonlyMap<string, AnyKind> = new Map(
  [defineKind(postgresKind), defineKind(commandKind(process.env))].map((kind) => [kind.kind, kind]),
);

/**
 * The kind of that name.
 *
 * @param kind - what a policy's `provider:` says
 * @throws CodedError `PROVIDER_UNKNOWN`, with the names there are
 */
export function providerKind(kind: string): AnyKind {
  const found = providerKinds.get(kind);
  if (found !== undefined) return found;
  throw new CodedError("PROVIDER_UNKNOWN", `There is no provider "${kind.slice(0, 40)}".`, {
    next: `The providers are ${[...providerKinds.keys()].join(" and ")}.`,
  });
}
