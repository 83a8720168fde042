import type { NewEvent } from "../domain/events.ts";
import type { RequestState, Way } from "../domain/request.ts";
import type { Code, CodedError } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { Fork, type Mirror } from "../ledger/mirror.ts";
import type { Granted } from "../providers/provider.ts";
import { untraced, type Trace } from "../trace.ts";
import type { Credentials } from "../vault/credentials.ts";
import type { Targets } from "./targets.ts";
import type { ThroughGateway } from "./through-gateway.ts";
import type { Turns } from "./turns.ts";

export interface AskingOptions {
  readonly ledger: Ledger;
  readonly mirror: Mirror;
  readonly targets: Targets;
  readonly credentials: Credentials;
  readonly turns: Turns;
  /** Puts the session gateway before the target, where the policy wants it. */
  readonly throughGateway: ThroughGateway;
  readonly trace?: Trace;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** How a target is asked for access: the intent is durable before, and what it answered is recorded after, whatever it was. */
export class Asking {
  readonly #options: AskingOptions;

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /**
   * Records that the target is about to be asked. Nothing is asked of it while any worker sees a fork: which of the two is right, nobody knows.
   *
   * @throws `LEDGER_FORK`, and what the ledger throws
   * @returns the request, and what waits until the mirror has it too: before that the target may not be asked (promises P1 and P5)
   */
  async intend(
    state: RequestState,
    event: NewEvent,
  ): Promise<{ readonly state: RequestState; readonly durable: () => Promise<void> }> {
    const { ledger, mirror, trace = untraced, now } = this.#options;
    const forkedAt = await ledger.forkedAt();
    if (forkedAt !== undefined) throw new Fork(forkedAt);
    const { state: intended, events } = await ledger.record({ id: state.id, state, events: [event], at: now() });
    const durable = () => mirror.has(events.at(-1)?.seq ?? 0);
    return { state: intended, durable: () => trace.span("mirror", { request: state.id }, durable) };
  }

  /**
   * Asks the target, and seals the secret that opens it, or the session gateway before it.
   *
   * @param order - `deadline`: when the access must be gone, epoch milliseconds; `number`: which credential of the request this is;
   *   `limitMs`: gives, when its turn has come, how long the target may take
   * @throws what the provider and `limitMs` throw
   */
  async ask(
    state: RequestState,
    order: { readonly deadline: number; readonly number: number; readonly limitMs: () => number },
  ): Promise<Granted> {
    const { deadline, number, limitMs } = order;
    const { targets, turns, credentials, throughGateway } = this.#options;
    const { id: request, requester: person, target, verdict } = state;
    const provider = targets.provider(target);
    const given = await turns.take(
      target,
      async () =>
        await provider.grant({ request, person, role: verdict.grant, deadline }, AbortSignal.timeout(limitMs())),
    );
    const granted = await throughGateway(given, state, deadline);
    const { credential } = granted;
    if (credential !== undefined) {
      const { user, connect, password } = credential;
      await credentials.put(request, number, { user, password, connect }, deadline);
    }
    return granted;
  }

  /** The target did what it did: that is recorded on the request as it now is, and what follows from it is the next look's. */
  async record(asked: RequestState, event: NewEvent): Promise<void> {
    const { ledger, now } = this.#options;
    const { id } = asked;
    for (let state: RequestState | undefined = asked; ; state = (await ledger.load(id))?.state) {
      try {
        await ledger.record({ id, state, events: [event], at: now() });
        return;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
  }
}

/** Only these say that the target surely did nothing. */
const SURELY_NOT: readonly Code[] = [
  "TARGET_UNREACHABLE",
  "TARGET_REFUSED",
  "TOO_LATE",
  "MIRROR_UNWRITABLE",
  "LEDGER_FORK",
  "SEALED_OUT",
  "SEALED_BURNT",
];

/** Whether the target may have done it all the same. */
export function mayBeDone({ code }: CodedError): boolean {
  return !SURELY_NOT.includes(code);
}

/** Longer than any host's name and user's, and short enough for a message. */
const USER_MAX = 200;
const CONNECT_MAX = 1_000;

/** How the requester gets in, as far as it is no secret and fit for a message: the page shows all of it. */
export function wayOf({ credential }: Granted): Way | undefined {
  if (credential === undefined) return undefined;
  const { user, connect, password } = credential;
  const secret = password.reveal();
  // A program that says too much must not have it recorded for ever.
  if (says(user, secret) || user.length > USER_MAX) return undefined;
  if (connect === undefined || says(connect, secret) || connect.length > CONNECT_MAX) return { user };
  return { user, connect };
}

/** Whether a text holds the secret, as it is or as a URL writes it: `postgres://me:p%40ss@db`. */
function says(text: string, secret: string): boolean {
  const decoded = text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (bytes) =>
    Buffer.from(bytes.replaceAll("%", ""), "hex").toString("utf8"),
  );
  return text.includes(secret) || decoded.includes(secret);
}
