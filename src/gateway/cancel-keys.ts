import { randomBytes, timingSafeEqual } from "node:crypto";
import type { GatewayCredential } from "../vault/gateway-credentials.ts";
import type { Cancel } from "./receive.ts";

interface Known {
  readonly secret: Buffer;
  readonly target: Buffer;
  readonly credential: GatewayCredential;
}

/** Which key, of those that clients were given to cancel their statements with, stands for which of a target's. */
export class CancelKeys {
  readonly #known = new Map<number, Known>();

  /** @param target - the target's key. @returns the client's, and what makes it void */
  add(target: Buffer, credential: GatewayCredential): { readonly key: Buffer; readonly drop: () => void } {
    let key = randomBytes(8);
    // Nobody's process has number 0, and the first bit would make it negative.
    const processOf = () => key.readInt32BE(0);
    while (processOf() <= 0 || this.#known.has(processOf())) key = randomBytes(8);
    const process = processOf();
    this.#known.set(process, { secret: key.subarray(4), target, credential });
    return { key, drop: () => this.#known.delete(process) };
  }

  /** Has what a key stands for cancelled; nothing where it stands for nothing. Never throws. */
  async cancel(
    { process, secret }: Cancel,
    cancelAt: (credential: GatewayCredential, key: Buffer) => Promise<void>,
  ): Promise<void> {
    const known = this.#known.get(process);
    if (known === undefined || !timingSafeEqual(known.secret, secret)) return;
    await cancelAt(known.credential, known.target).catch(() => undefined);
  }
}
