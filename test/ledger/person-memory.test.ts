import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { fold, type RequestState } from "../../src/domain/request.ts";
import { PersonMemory } from "../../src/ledger/person-memory.ts";
import { opened, T0 } from "../domain/given.ts";

const WHOLE = "a word";
const SINCE = T0 - 1_000;

/** A request of Alice's, or of somebody else. */
function request(id: string, changed: Partial<RequestState> = {}): RequestState {
  const { event } = opened({ delivery: id });
  const state = fold(id, [{ ...event, seq: 1, hash: "", at: T0 }]);
  assert.ok(state);
  return { ...state, ...changed };
}

const names = (count: number) => Array.from({ length: count }, (_, nth) => `BG-${nth}`);

describe("what is remembered of people", () => {
  let memory: PersonMemory;

  beforeEach(() => {
    memory = new PersonMemory();
    memory.wasRead("alice", SINCE, { states: [request("BG-1")], count: 5 }, WHOLE);
  });

  it("is what was read, and what was opened since", () => {
    memory.wasOpened(request("BG-2"), 5, WHOLE);
    const { states, count, held } = memory.recall("alice", SINCE) ?? assert.fail();
    assert.deepEqual([states.map(({ id }) => id), count], [["BG-1", "BG-2"], 6]);
    assert.deepEqual(held, {
      whole: WHOLE,
      streams: [
        ["BG-1", 1],
        ["BG-2", 1],
      ],
    });
  });

  it("P6: counts nothing twice that was read before its own append was heard of", () => {
    memory.wasRead("alice", SINCE, { states: [request("BG-1"), request("BG-2")], count: 6 }, WHOLE);
    memory.wasOpened(request("BG-2"), 5, WHOLE);
    assert.equal(memory.recall("alice", SINCE)?.count, 6);
  });

  it("P6: counts on from what the append counted alone", () => {
    memory.wasOpened(request("BG-2"), 6, WHOLE);
    assert.equal(memory.recall("alice", SINCE), undefined);
    memory.wasRead("alice", SINCE, { states: [], count: 0 }, WHOLE);
    memory.wasOpened(request("BG-2"), undefined, WHOLE);
    assert.equal(memory.recall("alice", SINCE), undefined);
  });

  it("is nothing of a chain that was made whole since", () => {
    memory.wasChanged(request("BG-1", { version: 2 }), "another word");
    assert.equal(memory.recall("alice", SINCE)?.states[0]?.version, 1);
    memory.wasOpened(request("BG-2"), 5, "another word");
    assert.equal(memory.recall("alice", SINCE), undefined);
  });

  it("is the newest that was heard of each request, and only of those that are remembered", () => {
    memory.wasChanged(request("BG-1", { version: 3 }), WHOLE);
    memory.wasChanged(request("BG-1", { version: 2 }), WHOLE);
    memory.wasChanged(request("BG-0", { version: 2 }), WHOLE);
    assert.deepEqual(memory.recall("alice", SINCE)?.held?.streams, [["BG-1", 3]]);
  });

  it("is of a time: not of an earlier one, and of a later one what was opened in it", () => {
    assert.equal(memory.recall("alice", SINCE - 1), undefined);
    assert.deepEqual(memory.recall("alice", T0 + 1)?.states, []);
    assert.equal(memory.recall("alice", T0 + 1)?.count, 5);
  });

  it("is of few requests, and of so many people", () => {
    memory.wasRead("bob", SINCE, { states: names(17).map((id) => request(id)), count: 17 }, WHOLE);
    assert.equal(memory.recall("bob", SINCE), undefined);
    memory.wasRead("alice", SINCE, { states: names(16).map((id) => request(id)), count: 16 }, WHOLE);
    memory.wasOpened(request("BG-16"), 16, WHOLE);
    assert.equal(memory.recall("alice", SINCE), undefined);

    memory.wasRead("alice", SINCE, { states: [], count: 0 }, WHOLE);
    for (const person of names(999)) memory.wasRead(person, SINCE, { states: [], count: 0 }, WHOLE);
    // Who asks is not the one that is forgotten next.
    memory.wasOpened(request("BG-1"), 0, WHOLE);
    memory.wasRead("carol", SINCE, { states: [], count: 0 }, WHOLE);
    assert.deepEqual(
      ["alice", "BG-0", "BG-1", "carol"].map((person) => memory.recall(person, SINCE) !== undefined),
      [true, false, true, true],
    );
  });
});
