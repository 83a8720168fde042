import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Prepared, type Change } from "../../src/gateway/prepared.ts";
import { Refused } from "../../src/gateway/refused.ts";

describe("what a prepared statement's name stands for", () => {
  const change = (name: string, batch: number, sql?: string): Change => ({
    ...{ name, batch },
    text: sql === undefined ? undefined : { sql },
  });

  it("is what was said last in the same batch, for that isn't run without it", () => {
    const prepared = new Prepared();
    prepared.change(change("s", 1, "SELECT 1"));
    prepared.change(change("s", 1));
    prepared.change(change("s", 1, "SELECT 2"));
    assert.equal(prepared.textOf("s", 1)?.sql, "SELECT 2");
    assert.equal(prepared.textOf("other", 1), undefined);
  });

  it("is all that it may be, until the target has said which", () => {
    const prepared = new Prepared();
    const [first, closed, second] = [change("s", 1, "DELETE"), change("s", 2), change("s", 3, "SELECT")];
    prepared.change(first);
    prepared.confirm(first);
    prepared.change(closed);
    prepared.change(second);
    assert.match(prepared.textOf("s", 4)?.sql ?? "", /one of 2 .*DELETE\n.*one of 2 .*SELECT/);
    prepared.revert(closed);
    prepared.revert(second);
    assert.equal(prepared.textOf("s", 4)?.sql, "DELETE");
  });

  it("is unknown after it was closed, or made anew by SQL", () => {
    const prepared = new Prepared();
    for (const each of [change("a", 1, "SELECT 1"), change("b", 1, "SELECT 2"), change("a", 1)]) {
      prepared.change(each);
      prepared.confirm(each);
    }
    assert.equal(prepared.textOf("a", 2), undefined);
    assert.equal(prepared.textOf("b", 2)?.sql, "SELECT 2");
    prepared.forgetConfirmed();
    assert.equal(prepared.textOf("b", 2), undefined);
  });

  it("is not kept in mind without end; what is closed or replaced makes room", () => {
    const prepared = new Prepared();
    const megabyte = "x".repeat(1_000_000);
    const prepare = (name: string, sql?: string) => {
      const each = change(name, 1, sql);
      prepared.change(each);
      prepared.confirm(each);
    };
    for (let nth = 0; nth < 100; nth += 1) {
      prepare("same", megabyte);
      prepare("other", megabyte);
      prepare("other");
    }
    assert.throws(() => {
      for (let nth = 0; nth < 20; nth += 1) prepare(`s${nth}`, megabyte);
    }, Refused);
  });
});
