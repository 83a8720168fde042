import type { Activity, Source } from "../domain/activity.ts";
import type { Secret } from "../secret.ts";

/** What a provider is asked to give. */
export interface GrantOrder<Role> {
  /** The request's id, `BG-7K3M2Q`: the idempotency key, and part of every name made at the target. */
  readonly request: string;
  /** Who gets it, by the policy's name for the person. */
  readonly person: string;
  readonly role: Role;
  /** When the access must be gone: epoch milliseconds, UTC. */
  readonly deadline: number;
}

/** One piece of access that carries our mark at a target. Fit for the ledger: it holds no secret. */
export interface Handle {
  /** The request it belongs to; absent when the target no longer tells (a live session of a principal that is gone). */
  readonly request?: string | undefined;
  /** The principal's name at the target, `bg_7k3m2q`. */
  readonly name: string;
  /** The target's own identifier of the principal, where a name alone could lie. */
  readonly ref?: string | undefined;
}

/** How the requester gets in. */
export interface Credential {
  readonly user: string;
  readonly password: Secret;
  /** A command line that connects and asks for the password, `psql "host=… user=bg_7k3m2q"`. Holds no secret. */
  readonly connect?: string;
}

/** A server of Postgres's protocol, as the session gateway reaches it. Holds no secret. */
export interface PostgresServer {
  /** A name, an address, or the folder of a socket. */
  readonly host: string;
  readonly port: number;
  /** The one a session is for that names none. */
  readonly database: string;
  /** libpq's meaning; absent: in the clear. */
  readonly sslmode?: "disable" | "require" | "verify-ca" | "verify-full";
  /** A file with certificates, on the gateway's machine too. */
  readonly sslrootcert?: string;
  /** How many connections the grant has at one time. */
  readonly connections: number;
}

export interface Granted {
  readonly handle: Handle;
  /** Absent where the requester comes in with something they already have. */
  readonly credential?: Credential;
  /** Where the credential is for, of a kind that the session gateway can stand before. */
  readonly server?: PostgresServer;
}

/** A credential, and from where it is used: the target itself, or the session gateway before it. */
export interface InUse<Role> {
  readonly request: string;
  readonly role: Role;
  readonly user: string;
  readonly password: Secret;
  readonly through?: Pick<PostgresServer, "host" | "port" | "sslmode"> | undefined;
}

/** The answer of {@link Provider.check}. Each problem is a sentence that says what to do. */
export interface Health {
  readonly ok: boolean;
  readonly problems: readonly string[];
}

/** From where on a target is asked what was run. */
export interface ActivityCursor {
  /** What is older doesn't count: epoch milliseconds. */
  readonly since: number;
  /** The target's own, from the look before. */
  readonly place?: string;
  readonly open?: Map<string, { readonly key: string; readonly began: Activity }>;
}

/** What a target says was run. */
export interface SeenUnder {
  readonly by: Exclude<Source, "gateway">;
  readonly activity: readonly (Activity & { readonly key: string })[];
  /** For the next look. */
  readonly cursor: ActivityCursor;
}

/**
 * One kind of access at one target.
 *
 * Errors: a method throws `TARGET_UNREACHABLE` (it surely did nothing), `TARGET_REFUSED` (the target said no), or
 * `TARGET_TIMEOUT` (what it did is unknown). Anything else counts as unknown too, and unknown counts as granted.
 * Every call ends soon after its `signal` aborts, with `TARGET_TIMEOUT`.
 */
export interface Provider<Role> {
  /**
   * What revoke can promise. `immediate`: it cuts live access. `at-expiry`: the target's own expiry ends it. Of a static secret,
   * which nobody forgets: `by-rotation`: revoke has a command give the target another one. `at-rotation`: revoke ends the check-out
   * and no more; whoever was handed the secret knows it until people rotate it.
   */
  readonly revocation: "immediate" | "at-expiry" | "by-rotation" | "at-rotation";

  /**
   * Gives the access, with the target's own expiry set in the same step. Idempotent by request: asked again, it leaves
   * one principal, and the newest credential is the one that works.
   */
  grant(order: GrantOrder<Role>, signal: AbortSignal): Promise<Granted>;

  /**
   * Takes it away and closes live sessions. Succeeds when it is already gone; throws on anything vague.
   * Gives what was done, in words for the thread: `["role removed", "2 connections closed"]`.
   */
  revoke(handle: Handle, signal: AbortSignal): Promise<readonly string[]>;

  /** Everything at the target that carries our mark, live sessions included: for the check after a revoke, drift and orphans. */
  list(signal: AbortSignal): Promise<Handle[]>;

  /** Of a static secret: whether the target has another one since it was handed out. */
  isRotated?(handle: Handle, signal: AbortSignal): Promise<boolean>;

  /**
   * What was run under a grant since the last look, as far as the target tells: best effort, for where nothing stands before it. The
   * same key twice is the same statement, seen again or ended.
   */
  activity?(handle: Handle, cursor: ActivityCursor, signal: AbortSignal): Promise<SeenUnder>;

  /** Can the target be reached, and may we do there what we must? Changes nothing. */
  check(signal: AbortSignal): Promise<Health>;

  /**
   * Uses a credential as its requester would, and changes nothing there: so that a drill knows whether it works. Absent where nothing
   * can be tried.
   *
   * @returns what was looked at, in words for the thread: `logged in, as a member of orders_reader`
   * @throws as the others, where it doesn't work
   */
  tryOut?(credential: InUse<Role>, signal: AbortSignal): Promise<string>;

  /** The exact commands with which a person revokes by hand when we can't. Pure; holds no secret. */
  byHand(handle: Handle): readonly string[];

  /** Lets go of connections. */
  close(): Promise<void>;
}

/** A kind of target that the policy can name in `provider:`. */
export interface ProviderKind<Connection, Role> {
  readonly kind: string;
  /** Whether the session gateway can stand before targets of this kind: then each grant says which server it is for. */
  readonly hasGateway?: true;
  /** Checks a target's `connection:`. Throws a ZodError whose paths start at `connection`'s own keys. */
  parseConnection(input: unknown): Connection;
  /** Checks a role's `grant:`, at policy load and not at 3 a.m. Throws a ZodError whose paths start at `grant`'s own keys. */
  parseRole(input: unknown): Role;
  /** A provider for one target. Connects lazily: a target that is down must not keep the program from starting. */
  open(connection: Connection): Provider<Role>;
}
