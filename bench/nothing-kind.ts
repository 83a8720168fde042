import { principalName } from "../src/providers/principal-name.ts";
import type { AnyKind } from "../src/providers/registry.ts";

/** What is told of each call to the provider, with the moment it was asked, epoch milliseconds. */
export interface Heard {
  granted(request: string, deadline: number): void;
  revoked(request: string): void;
}

/** A kind of target that does nothing, and at once: what is left is the program's own time. */
export function nothingKind(heard: Heard): AnyKind {
  return {
    kind: "nothing",
    parseConnection: (input) => input,
    parseRole: (input) => input,
    open: () => ({
      revocation: "immediate",
      grant: ({ request, deadline }) => {
        heard.granted(request, deadline);
        return Promise.resolve({ handle: { request, name: principalName(request) } });
      },
      revoke: ({ request = "" }) => {
        heard.revoked(request);
        return Promise.resolve(["access removed"]);
      },
      list: () => Promise.resolve([]),
      check: () => Promise.resolve({ ok: true, problems: [] }),
      byHand: () => [],
      close: () => Promise.resolve(),
    }),
  };
}
