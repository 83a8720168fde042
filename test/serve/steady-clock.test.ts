import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { SteadyClock } from "../../src/serve/steady-clock.ts";

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 10, 24);

describe("the time, of three clocks the one in the middle", () => {
  /** How far each is from the truth, and how much time has truly gone by. */
  let off: { wall: number; redis: number; asleep: number };
  let gone: number;
  let clock: SteadyClock;
  beforeEach(() => {
    off = { wall: 0, redis: 0, asleep: 0 };
    gone = 0;
    clock = new SteadyClock({ wall: () => T0 + gone + off.wall, elapsed: () => 77 + gone - off.asleep });
  });
  const compare = () => clock.compare(T0 + gone + off.redis);
  const wrongBy = () => clock.now() - (T0 + gone);
  const afterASecond = (): number => {
    gone += 1_000;
    compare();
    return wrongBy();
  };

  it("is Redis's at the start, which all processes share", () => {
    off.wall = HOUR;
    assert.equal(compare(), HOUR, "and says how far off the machine is");
    assert.equal(wrongBy(), 0);
    assert.equal(afterASecond(), 0);
  });

  for (const jump of [HOUR, -HOUR]) {
    it(`takes no notice when the machine's clock jumps by ${jump / HOUR} hour, at once or later`, () => {
      compare();
      off.wall = jump;
      assert.equal(wrongBy(), 0);
      assert.equal(afterASecond(), 0);
      assert.equal(afterASecond(), 0);
    });

    it(`nor when that of Redis jumps by ${jump / HOUR} hour`, () => {
      compare();
      off.redis = jump;
      assert.equal(afterASecond(), 0);
      assert.equal(afterASecond(), 0);
    });
  }

  it("is right again after the machine was asleep", () => {
    compare();
    gone += HOUR;
    off.asleep = HOUR;
    assert.equal(wrongBy(), -HOUR);
    compare();
    assert.equal(wrongBy(), 0);
  });

  it("goes on while Redis is away, and follows what two of the three agree on", () => {
    compare();
    gone += HOUR;
    assert.equal(wrongBy(), 0);
    off.wall = off.redis = 300;
    assert.equal(afterASecond(), 300);
  });
});
