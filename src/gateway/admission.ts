import { createHmac } from "node:crypto";
import type { RequestState } from "../domain/request.ts";
import { standing } from "../domain/standing.ts";
import { asCoded, type Code } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import { requestOf } from "../providers/principal-name.ts";
import type { GatewayCredential, GatewayCredentials } from "../vault/gateway-credentials.ts";
import { login } from "./login.ts";
import type { Caller } from "./receive.ts";
import { Refused } from "./refused.ts";
import { readVerifier, type Verifier } from "./scram.ts";

const VAULT: readonly Code[] = ["SEAL_BROKEN", "VAULT_KEY_INVALID", "VAULT_KEY_UNREACHABLE"];
const NO_KEY = new Refused(
  "57P03",
  "The session gateway can't open what is sealed for it.",
  "It needs the vault's key, the same as the workers'. Whoever runs the service finds the rest in its log.",
);

export interface AdmissionOptions {
  readonly ledger: Ledger;
  readonly credentials: GatewayCredentials;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Salts for those who aren't known, so that they see no difference. */
  readonly mockKey: Buffer;
  /** What logins over TLS may be bound to: see `channelBinding`. */
  readonly binding?: Buffer | undefined;
  readonly log: Log;
}

/** Whoever may have a session: by which grant, until when, and with what the target is reached. */
export interface Admitted {
  readonly request: RequestState;
  /** Epoch milliseconds. */
  readonly deadline: number;
  readonly credential: GatewayCredential;
  /** What has yet to be said to end the login. */
  readonly proof: Buffer;
}

const WRONG_NEXT = "The access may be over, or its credential replaced: the request's thread in chat says so.";
const NO_LEDGER = new Refused(
  "57P03",
  "The session gateway can't look whether the access is on.",
  "Its Redis can't be reached. Try again in a few seconds; whoever runs the service sees it in /readyz.",
);

/** Judges who comes: which grant they have, whether they know its password, and whether it is on at this moment, by the ledger. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * @returns undefined when the password is wrong, or there is no such user: nobody is told which
   * @throws Refused, Error when the caller goes away
   */
  async admit(caller: Caller): Promise<Admitted | undefined> {
    const user = caller.parameters.get("user") ?? "";
    refuseReplication(caller.parameters.get("replication"));
    const id = requestOf(user);
    const credential = id === undefined ? undefined : await this.#credentialOf(id);
    const verifier = credential === undefined ? this.#mock(user) : readVerifier(credential.verifier);
    const proof = await login(caller, verifier, this.#options.binding);
    if (proof === undefined || credential === undefined || id === undefined) return undefined;
    const { request, deadline } = await this.look(id);
    return { request, deadline, credential, proof };
  }

  /** The answer to whoever was not admitted. */
  wrong({ parameters }: Caller): Refused {
    return new Refused(
      "28P01",
      `password authentication failed for user "${parameters.get("user") ?? ""}"`,
      WRONG_NEXT,
    );
  }

  /** A grant that is on. @throws Refused */
  async look(id: string): Promise<{ readonly request: RequestState; readonly deadline: number }> {
    const { ledger, now, log } = this.#options;
    const loaded = await ledger.load(id).catch((error: unknown) => {
      log.warn("the session gateway could not look at a request", { request: id, error });
      throw NO_LEDGER;
    });
    const request = loaded?.state;
    const { deadline = 0 } = request ?? {};
    if (request?.phase === "active" && now() < deadline) return { request, deadline };
    const stands = request === undefined ? "The ledger doesn't have it." : standing(request, (person) => person);
    throw new Refused("28000", `The access of ${id} is not on. ${stands}`, "Ask for access in chat.");
  }

  async #credentialOf(id: string): Promise<GatewayCredential | undefined> {
    const { credentials, log } = this.#options;
    return await credentials.open(id).catch((error: unknown) => {
      log.warn("the session gateway could not open its credential", { request: id, error });
      throw VAULT.includes(asCoded(error).code) ? NO_KEY : NO_LEDGER;
    });
  }

  #mock(user: string): Verifier {
    const of = (what: string) => createHmac("sha256", this.#options.mockKey).update(`${what} ${user}`).digest();
    return { iterations: 4096, salt: of("salt").subarray(0, 16), storedKey: of("stored"), serverKey: of("server") };
  }
}

/** A connection for replication speaks another language, of which nothing here could be recorded. */
function refuseReplication(value = "off"): void {
  if (["off", "false", "no", "0"].includes(value.toLowerCase())) return;
  throw new Refused("0A000", "The session gateway takes no connection for replication.");
}
