import { z } from "zod";
import { HASH_TAG, type Connection } from "../connection.ts";
import { CodedError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { SealedTexts, type SealedPlace } from "./sealed-texts.ts";
import type { VaultKeys } from "./vault-keys.ts";

const serverSchema = z.object({
  host: z.string(),
  port: z.int(),
  database: z.string(),
  sslmode: z.enum(["disable", "require", "verify-ca", "verify-full"]).exactOptional(),
  sslrootcert: z.string().exactOptional(),
  connections: z.int(),
});
const sealedSchema = z.strictObject({
  user: z.string(),
  password: z.string(),
  verifier: z.string(),
  server: serverSchema,
});

/** Where a target's server is, how TLS is spoken to it, and how many connections a grant has there. */
export type GatewayServer = z.output<typeof serverSchema>;

/** What the session gateway needs for one request. */
export interface GatewayCredential {
  /** The principal's name at the target. */
  readonly user: string;
  /** Its password there, which its requester never sees. */
  readonly password: Secret;
  /** Of the password that the requester has, as Postgres keeps one: SCRAM-SHA-256. */
  readonly verifier: string;
  readonly server: GatewayServer;
}

/**
 * How the session gateway gets into targets: sealed, for as long as the access is on, and at the deadline gone by itself. A fresh
 * credential replaces the one before.
 */
export class GatewayCredentials {
  readonly #texts: SealedTexts;

  constructor(redis: Connection, keys: VaultKeys, random: (bytes: number) => Buffer) {
    this.#texts = new SealedTexts(redis, keys, random);
  }

  /** @param until - epoch milliseconds */
  async put(request: string, credential: GatewayCredential, until: number): Promise<void> {
    const text = JSON.stringify({ ...credential, password: credential.password.reveal() });
    await this.#texts.put(placeOf(request), text, until);
  }

  /** Undefined when there is none, or none any more. @throws `SEAL_BROKEN`, `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE` */
  async open(request: string): Promise<GatewayCredential | undefined> {
    const text = await this.#texts.open(placeOf(request));
    if (text === undefined) return undefined;
    const { password, ...rest } = read(text);
    return { ...rest, password: new Secret(password) };
  }

  /** By which key it is sealed; undefined when there is none, `unnamed` where it doesn't say. */
  async sealedBy(request: string): Promise<string | undefined> {
    return await this.#texts.sealedBy(placeOf(request));
  }
}

/** Where it stands. */
export function gatewayKey(request: string): string {
  return `${HASH_TAG}:gateway:${request}`;
}

/** What a parser would complain of is a secret, so nothing of it is repeated. @throws `SEAL_BROKEN` */
function read(text: string): z.output<typeof sealedSchema> {
  try {
    return sealedSchema.parse(JSON.parse(text));
  } catch {
    throw new CodedError("SEAL_BROKEN", "What is sealed for the session gateway is not of a known form.", {
      next: "Rotate gives a fresh credential; or end the access and ask again.",
    });
  }
}

function placeOf(request: string): SealedPlace {
  return { key: gatewayKey(request), purpose: `gateway of ${request}` };
}
