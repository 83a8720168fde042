import type { Policy } from "../domain/policy/schema.ts";
import { CodedError } from "../errors.ts";
import type { Provider } from "../providers/provider.ts";
import { providerKind, type AnyKind } from "../providers/registry.ts";
import { untraced, type Trace } from "../trace.ts";
import { watchedProvider, type CallWatch } from "./watched-provider.ts";

interface Opened {
  readonly connection: string;
  readonly provider: Provider<unknown>;
}

/**
 * The providers of the policy's targets, opened when first needed. A target that was taken out of the policy while access
 * to it was on is remembered, so that the access can still be ended.
 */
export class Targets {
  readonly #policy: () => Policy;
  readonly #kindOf: (kind: string) => AnyKind;
  readonly #watch: CallWatch | undefined;
  readonly #opened = new Map<string, Opened>();

  /**
   * @param policy - the one in force
   * @param kindOf - the kinds of targets there are, by the policy's `provider:`
   * @param watch - who is told of each call to a target
   */
  constructor(policy: () => Policy, kindOf: (kind: string) => AnyKind = providerKind, watch?: CallWatch) {
    this.#policy = policy;
    this.#kindOf = kindOf;
    this.#watch = watch;
  }

  /** @throws `TARGET_UNKNOWN` when neither the policy nor this process knows it */
  provider(name: string): Provider<unknown> {
    const target = this.#policy().targets[name];
    const known = this.#opened.get(name);
    if (target === undefined) {
      if (known !== undefined) return known.provider;
      throw new CodedError("TARGET_UNKNOWN", `The policy no longer has the target ${name}.`, {
        next: "Put it back until its access has ended.",
      });
    }
    const connection = JSON.stringify([target.provider, target.connection]);
    if (known?.connection === connection) return known.provider;
    const kind = this.#kindOf(target.provider);
    const bare = kind.open(kind.parseConnection(target.connection));
    const provider = this.#watch === undefined ? bare : watchedProvider(bare, name, this.#watch);
    this.#opened.set(name, { connection, provider });
    return provider;
  }

  /** Takes the time of what is asked of targets. */
  get trace(): Trace {
    return this.#watch?.trace ?? untraced;
  }

  /** The targets of the policy in force. */
  get names(): readonly string[] {
    return Object.keys(this.#policy().targets);
  }

  /** Lets go of every target's connections. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#opened.values()].map(({ provider }) => provider.close()));
  }
}
