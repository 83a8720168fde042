import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  accountStanding,
  foldAccounts,
  outstandingOf,
  REMIND_EVERY_MS,
  type Account,
} from "../../src/domain/accounts.ts";
import type { DomainEvent, NewEvent } from "../../src/domain/events.ts";
import { CLOCK } from "../../src/domain/people.ts";
import type { RequestState } from "../../src/domain/request.ts";
import { ask, ID, Scene, T0 } from "../support/scene.ts";

const NAME = "aws-root";
const sealedAs = (generation: number): NewEvent => ({
  type: "AccountSealed",
  actor: CLOCK,
  data: { account: NAME, generation, how: "put" },
});
const checkedOut = (generation: number): NewEvent => ({
  type: "AccountCheckedOut",
  actor: CLOCK,
  data: { account: NAME, generation, request: ID, person: "alice", deadline: T0 + 60_000 },
});
const burnt = (generation: number): NewEvent => ({
  type: "AccountBurnt",
  actor: CLOCK,
  data: { account: NAME, generation, request: ID, person: "alice" },
});
const offline = (generation: number): NewEvent => ({
  type: "OfflineOpened",
  actor: CLOCK,
  data: { account: NAME, generation, export: "e", opening: "0".repeat(64), openedAt: T0, shares: [1, 3, 5] },
});

function accountAfter(...events: NewEvent[]): Account | undefined {
  const recorded = events.map((event, index): DomainEvent => ({
    ...event,
    seq: index + 1,
    at: T0 + index * 1_000,
    hash: "",
  }));
  return foldAccounts(recorded).get(NAME);
}

const OPENED = { at: T0, times: 1 };

const holder = (changed: Partial<RequestState>): RequestState => {
  const scene = new Scene();
  scene.when(ask());
  return { ...scene.state, deadline: T0 + 60_000, ...changed };
};

describe("a sealed account, by what is recorded", () => {
  const out = accountAfter(sealedAs(1), checkedOut(1));

  it("is out while its request may have access, and free or burnt afterwards by whether it was handed out", () => {
    assert.deepEqual(accountStanding(out, holder({ phase: "active", opened: OPENED })), {
      ...{ kind: "out", request: ID, person: "alice", until: T0 + 60_000 },
    });
    const late = accountStanding(out, holder({ phase: "ending", opened: OPENED }));
    assert.deepEqual([late.kind, "until" in late && late.until], ["out", undefined]);
    assert.equal(accountStanding(out, holder({ phase: "ended", opened: OPENED })).kind, "burnt");
    assert.equal(accountStanding(out, holder({ phase: "ended", opened: undefined })).kind, "free");
    assert.equal(accountStanding(out, holder({ phase: "ended", opened: OPENED, secret: "rotated" })).kind, "free");
    assert.equal(accountStanding(undefined, undefined).kind, "free");
  });

  it("counts as handed out when its request is not known", () => {
    assert.equal(accountStanding(out, undefined).kind, "burnt");
  });

  it("is free again with the next generation, as recorded or as the file says, and with no older one", () => {
    const ended = holder({ phase: "ended", opened: OPENED });
    assert.equal(accountStanding(accountAfter(sealedAs(1), checkedOut(1), sealedAs(2)), ended).kind, "free");
    assert.equal(accountStanding(out, ended, 2).kind, "free");
    const twice = accountAfter(sealedAs(1), checkedOut(1), burnt(1), sealedAs(2), checkedOut(2), burnt(2), sealedAs(1));
    assert.equal(accountStanding(twice, ended).kind, "burnt");
    assert.equal(accountStanding(twice, ended, 2).kind, "burnt");
    assert.equal(accountStanding(twice, ended, 3).kind, "free");
  });

  it("is burnt by an opening offline, of the generation that was exported", () => {
    assert.equal(accountStanding(accountAfter(sealedAs(1), offline(1)), undefined).kind, "burnt");
    assert.equal(accountStanding(accountAfter(sealedAs(1), sealedAs(2), offline(1)), undefined).kind, "free");
  });

  it("is told once as burnt, and then again and again until it is rotated", () => {
    const ended = holder({ phase: "ended", opened: OPENED });
    const next = (account: Account | undefined, generation: number, now: number) => {
      assert.ok(account);
      return outstandingOf(account, accountStanding(account, ended, generation), generation, now);
    };
    assert.deepEqual(next(out, 1, T0), burnt(1));
    const told = accountAfter(sealedAs(1), checkedOut(1), burnt(1));
    const toldAt = T0 + 2_000;
    assert.equal(next(told, 1, toldAt + REMIND_EVERY_MS - 1), undefined);
    const first = next(told, 1, toldAt + REMIND_EVERY_MS);
    assert.deepEqual(first?.data, { account: NAME, generation: 1, nth: 1, burntAt: toldAt });
    const reminded = accountAfter(sealedAs(1), checkedOut(1), burnt(1), first);
    assert.equal(next(reminded, 1, toldAt + REMIND_EVERY_MS), undefined);
    assert.deepEqual(next(reminded, 1, toldAt + 1_000 + REMIND_EVERY_MS)?.data, {
      ...{ account: NAME, generation: 1, nth: 2, burntAt: toldAt },
    });
    assert.equal(next(reminded, 2, toldAt + 9 * REMIND_EVERY_MS), undefined);
  });
});
