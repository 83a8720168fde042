import { asCoded, type Code } from "../errors.ts";
import type { Provider } from "../providers/provider.ts";
import type { Trace } from "../trace.ts";

/** A call that was made to a target. */
export interface TargetCall {
  readonly target: string;
  readonly call: "grant" | "revoke" | "list" | "check" | "activity" | "isRotated" | "tryOut";
  /** How long it took, milliseconds. */
  readonly ms: number;
  /** Why it failed; undefined where it didn't. */
  readonly code: Code | undefined;
}

/** Who is told of calls to targets. */
export interface CallWatch {
  readonly trace: Trace;
  readonly called: (call: TargetCall) => void;
}

/** A provider whose calls are counted and traced, and are otherwise what they were. */
export function watchedProvider(provider: Provider<unknown>, target: string, watch: CallWatch): Provider<unknown> {
  const { trace, called } = watch;
  const ask = async <T>(call: TargetCall["call"], request: string | undefined, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const tell = (code?: Code) => {
      called({ target, call, ms: performance.now() - began, code });
    };
    try {
      const about = { request, attributes: { target } };
      const answer = request === undefined ? await work() : await trace.span(`target ${call}`, about, work);
      tell();
      return answer;
    } catch (error) {
      tell(asCoded(error).code);
      throw error;
    }
  };
  const isRotated = provider.isRotated?.bind(provider);
  const tryOut = provider.tryOut?.bind(provider);
  const activity = provider.activity?.bind(provider);
  return {
    revocation: provider.revocation,
    grant: async (order, signal) => await ask("grant", order.request, () => provider.grant(order, signal)),
    revoke: async (handle, signal) => await ask("revoke", handle.request, () => provider.revoke(handle, signal)),
    list: async (signal) => await ask("list", undefined, () => provider.list(signal)),
    check: async (signal) => await ask("check", undefined, () => provider.check(signal)),
    byHand: (handle) => provider.byHand(handle),
    close: () => provider.close(),
    ...(isRotated !== undefined && {
      isRotated: async (handle, signal) => await ask("isRotated", handle.request, () => isRotated(handle, signal)),
    }),
    ...(tryOut !== undefined && {
      tryOut: async (credential, signal) => await ask("tryOut", credential.request, () => tryOut(credential, signal)),
    }),
    ...(activity !== undefined && {
      activity: async (handle, cursor, signal) =>
        await ask("activity", undefined, () => activity(handle, cursor, signal)),
    }),
  };
}
