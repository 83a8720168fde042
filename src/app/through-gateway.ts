import type { Policy } from "../domain/policy/schema.ts";
import { CodedError } from "../errors.ts";
import { psqlCommand } from "../providers/postgres/server-address.ts";
import { scramVerifier } from "../providers/postgres/scram-verifier.ts";
import type { Granted } from "../providers/provider.ts";
import { Secret } from "../secret.ts";
import type { GatewayCredentials } from "../vault/gateway-credentials.ts";

/** Where people reach the session gateway. */
export interface GatewayAddress {
  readonly host: string;
  readonly port: number;
  /** Absent where sessions come to it in the clear. */
  readonly sslmode?: "require";
}

export interface ThroughGatewayOptions {
  readonly policy: () => Policy;
  readonly credentials: GatewayCredentials;
  /** Undefined where this program has no session gateway. */
  readonly address: () => GatewayAddress | undefined;
  readonly random: (bytes: number) => Buffer;
}

/** What the requester is given, of what their target gave. */
export type ThroughGateway = (
  granted: Granted,
  request: { readonly id: string; readonly target: string },
  deadline: number,
) => Promise<Granted>;

/**
 * Puts the session gateway between a requester and their target, where the policy says so: the target's own password is sealed for the
 * gateway and for nobody else, and the requester is given another, which opens the gateway alone.
 *
 * @throws `INTERNAL` where the policy wants a gateway that can't be, and nothing is given away then; `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE`
 */
export function createThroughGateway(options: ThroughGatewayOptions): ThroughGateway {
  const { policy, credentials, address, random } = options;
  return async (granted, { id, target }, deadline) => {
    const { credential, server } = granted;
    if (policy().targets[target]?.gateway === undefined || credential === undefined) return granted;
    const at = address();
    if (server === undefined || at === undefined)
      throw new CodedError("INTERNAL", `The session gateway can't stand before ${target}, as the policy wants it to.`);
    const password = random(24).toString("base64url");
    const { user } = credential;
    const verifier = scramVerifier(password, random(16));
    await credentials.put(id, { user, password: credential.password, verifier, server }, deadline);
    const connect = psqlCommand(at, { user, database: server.database });
    return { ...granted, credential: { user, password: new Secret(password), connect } };
  };
}
