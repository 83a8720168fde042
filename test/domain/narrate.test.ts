import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EVENT_DATA } from "../../src/domain/events.ts";
import { narrate } from "../../src/domain/narrate.ts";
import { evolve, type RequestState } from "../../src/domain/request.ts";
import { golden } from "../support/golden.ts";
import { readableText } from "../support/readable-text.ts";
import { rehearsed } from "./drill-policy.ts";
import { ID, opened, recorded, type Happened } from "./given.ts";
import { LIVES } from "./lives.ts";

const nameOf = (person: string) => rehearsed.people[person]?.name ?? person;

/** The thread as people read it. */
function thread(life: readonly Happened[]): string[] {
  let state: RequestState | undefined;
  return recorded(life).flatMap((event) => {
    state = evolve(state, event, ID);
    const sentence = narrate(event, state);
    return sentence === undefined ? [] : [readableText([{ time: event.at }, "  ", ...sentence], nameOf)];
  });
}

describe("P8: the thread", () => {
  it("reads like a report, for every way that a request can go", () => {
    const told = Object.entries(LIVES).map(([name, life]) => [`# ${name}`, ...thread(life), ""].join("\n"));
    golden("threads.txt", told.join("\n"));
  });

  it("has a life here for everything that can happen", () => {
    const happened = new Set(
      Object.values<readonly Happened[]>(LIVES).flatMap((life) => life.map(({ event }) => event.type)),
    );
    const never = Object.keys(EVENT_DATA).filter((type) => !happened.has(type as keyof typeof EVENT_DATA));
    const ofKeys = never.filter((type) => type.startsWith("Key"));
    assert.equal(ofKeys.length, 7);
    const ofAccounts = never.filter((type) => /^(Account|Rotation|Offline)/.test(type));
    assert.equal(ofAccounts.length, 6);
    assert.deepEqual(
      never.filter((type) => !ofKeys.includes(type) && !ofAccounts.includes(type)),
      [
        "OrphanFound",
        "OrphanRevokeFailed",
        "OrphanRevoked",
        "LedgerRecovered",
        "DrillPlanned",
        "DrillAnnounced",
        "DrillMissed",
        "TargetCheckFailed",
        "TargetCheckPassed",
        "LedgerForked",
        "HeartbeatRecorded",
        "LedgerKeyChanged",
        "InsightsReported",
        "PolicyLoaded",
      ],
    );
  });

  it("keeps what people typed apart from its own words", () => {
    const first = opened();
    const event = { ...first.event, notes: { justification: '<!channel> "quoted" `code`' } } as Happened["event"];
    const [opening] = recorded([{ after: 0, event }]);
    assert.ok(opening);
    const sentence = narrate(opening, evolve(undefined, opening, ID)) ?? [];
    assert.ok(sentence.some((span) => typeof span === "object" && "said" in span && span.said.includes("<!channel>")));
    assert.ok(!sentence.some((span) => typeof span === "string" && span.includes("<!channel>")));
  });

  it("tells of a text that was erased, and still stands", () => {
    const life: Happened[] = LIVES.denied.map(({ after, event }) => ({
      after,
      event: { ...event, notes: {} },
    }));
    assert.deepEqual(
      thread(life).map((line) => line.includes('"(erased)"')),
      [true, true],
    );
  });
});
