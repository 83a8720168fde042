import { principalName } from "../../providers/principal-name.ts";
import type { AnyKind } from "../../providers/registry.ts";
import { Secret } from "../../secret.ts";
import { CodedError } from "../../errors.ts";

export interface PastTarget {
  readonly isAway: (request: string) => boolean;
  readonly takes: (ms: number) => void;
}

/**
 * The targets of the made-up past: they give and take away, and nothing is there.
 *
 * @param target - `isAway`: whether a request's target doesn't answer at this moment; `takes`: is told how many milliseconds it takes
 */
export function pastKind({ isAway, takes }: PastTarget): AnyKind {
  return {
    kind: "past",
    parseConnection: (input) => input,
    parseRole: (input) => input,
    open: () => ({
      revocation: "immediate",
      grant: ({ request }) => {
        const name = principalName(request);
        const password = new Secret("of a past that never was");
        return Promise.resolve({ handle: { request, name }, credential: { user: name, password } });
      },
      revoke: ({ request = "" }) => {
        takes(40 + ((request.codePointAt(4) ?? 0) % 30) ** 2);
        return isAway(request)
          ? Promise.reject(new CodedError("TARGET_UNREACHABLE", "The target can't be reached (ECONNREFUSED)."))
          : Promise.resolve(["role removed", "1 connection closed"]);
      },
      list: () => Promise.resolve([]),
      check: () => Promise.resolve({ ok: true, problems: [] }),
      byHand: () => [],
      close: () => Promise.resolve(),
    }),
  };
}
