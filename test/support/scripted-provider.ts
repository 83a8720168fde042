import { CodedError } from "../../src/errors.ts";
import type { Granted, GrantOrder, Handle, Health, Provider } from "../../src/providers/provider.ts";
import type { AnyKind } from "../../src/providers/registry.ts";
import { principalName } from "../../src/providers/principal-name.ts";
import { Secret } from "../../src/secret.ts";

/** A target in memory that does what a test tells it to, and knows the truth about who has access. */
export class ScriptedProvider implements Provider<unknown> {
  readonly revocation = "immediate";
  /** Who has access. */
  readonly access = new Map<string, Handle>();
  readonly calls: string[] = [];
  /** What happens before the work, and after it. */
  beforeGrant: (order: GrantOrder<unknown>, signal?: AbortSignal) => Promise<void> = () => Promise.resolve();
  afterGrant: () => Promise<void> = () => Promise.resolve();
  beforeRevoke: () => Promise<void> = () => Promise.resolve();
  /** Whether a revoke takes nothing away, as a target that lies would. */
  lies = false;

  async grant(order: GrantOrder<unknown>, signal?: AbortSignal): Promise<Granted> {
    this.calls.push(`grant ${order.request}`);
    await this.beforeGrant(order, signal);
    const handle = { request: order.request, name: principalName(order.request) };
    this.access.set(order.request, handle);
    await this.afterGrant();
    return { handle, credential: { user: handle.name, password: new Secret("canary-secret") } };
  }

  async revoke(handle: Handle): Promise<readonly string[]> {
    this.calls.push(`revoke ${handle.request ?? handle.name}`);
    await this.beforeRevoke();
    if (!this.lies)
      for (const [request, { name }] of this.access) if (name === handle.name) this.access.delete(request);
    return ["taken away"];
  }

  list(): Promise<Handle[]> {
    return Promise.resolve([...this.access.values()]);
  }

  check(): Promise<Health> {
    return Promise.resolve({ ok: true, problems: [] });
  }

  byHand({ name }: Handle): readonly string[] {
    return [`drop ${name}`];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The kind that a policy names to reach this one. */
  get kind(): AnyKind {
    return { kind: "postgres", parseConnection: () => ({}), parseRole: (input) => input, open: () => this };
  }
}

export const unreachable = () => Promise.reject(new CodedError("TARGET_UNREACHABLE", "The target can't be reached."));
export const timedOut = () => Promise.reject(new CodedError("TARGET_TIMEOUT", "The target did not answer in time."));
