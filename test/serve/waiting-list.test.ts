import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WaitingList } from "../../src/serve/waiting-list.ts";

describe("the list of requests that wait for chat", () => {
  it("holds back who waits, and nobody else", () => {
    const list = new WaitingList();
    list.add("BG-A", 100);
    assert.deepEqual(list.take(["BG-A", "BG-B"], 99), ["BG-B"]);
    assert.deepEqual(list.take(["BG-A", "BG-B"], 100), ["BG-A", "BG-B"]);
    assert.deepEqual(list.take(["BG-A"], 100), ["BG-A"], "it was still on the list");
    list.add("BG-A", 300);
    list.remove("BG-A");
    assert.deepEqual(list.take(["BG-A"], 200), ["BG-A"]);
  });

  it("lets nobody wait for longer than they were told before", () => {
    const list = new WaitingList();
    assert.equal(list.add("BG-A", 100), 100);
    assert.equal(list.add("BG-A", 600), 100);
    assert.deepEqual(list.take(["BG-A"], 100), ["BG-A"]);
    assert.equal(list.add("BG-A", 600), 600);
    assert.equal(list.add("BG-A", 200), 200);
  });

  it("knows whose time comes next", () => {
    const list = new WaitingList();
    assert.equal(list.next(0), undefined);
    list.add("BG-A", 300);
    list.add("BG-B", 200);
    list.add("BG-C", 100);
    assert.equal(list.next(100), 200);
    // Told by another replica, or gone: its time comes all the same, and it doesn't stay for ever.
    list.take([], 200);
    assert.equal(list.next(0), 300);
  });
});
