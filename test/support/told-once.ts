import assert from "node:assert/strict";
import { ALICE, APPROVALS, BOB, INC_42, INCIDENTS, SECURITY } from "./acme.ts";
import type { Stage } from "./stage.ts";

/** Each post of the program stands once, wherever it stands. */
export function assertToldOnce({ slack: { workspace } }: Stage): void {
  const places = [INC_42, INCIDENTS, APPROVALS, SECURITY, ...[ALICE, BOB].map((who) => workspace.dm(who).id)];
  const keys = places
    .flatMap((place) => workspace.messages(place))
    .flatMap(({ metadata }) => {
      const { request, key } = metadata?.event_payload ?? {};
      return typeof request === "string"
        ? String(key)
            .split(" ")
            .map((each) => `${request} ${each}`)
        : [];
    });
  assert.deepEqual(keys.toSorted(), [...new Set(keys)].toSorted());
}
