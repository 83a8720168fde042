import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChatBusy } from "../../src/app/messenger.ts";
import { ConnectorBusy } from "../../src/teams/connector.ts";
import { Pace } from "../../src/teams/pace.ts";

const busyFor = (ms: number) => (error: unknown) => error instanceof ChatBusy && error.retryAfterMs === ms;
const said = () => Promise.resolve("said");

describe("the pace that Teams allows", () => {
  it("is 7 in a second, 8 in two and 60 in half a minute for each conversation: what would be refused isn't asked", async () => {
    let now = 0;
    const pace = new Pace(
      () => now,
      () => 0,
    );
    for (let nth = 0; nth < 7; nth++) await pace.respect("a", said);
    await assert.rejects(pace.respect("a", said), busyFor(1_000));
    assert.equal(await pace.respect("b", said), "said");
    now = 1_000;
    await pace.respect("a", said);
    await assert.rejects(pace.respect("a", said), busyFor(1_000));
    for (let twoSeconds = 1; twoSeconds <= 6; twoSeconds++) {
      now = twoSeconds * 2_000;
      for (let nth = 0; nth < 7; nth++) await pace.respect("a", said);
      now += 1_000;
      await pace.respect("a", said);
    }
    now = 14_000;
    for (let nth = 0; nth < 4; nth++) await pace.respect("a", said);
    await assert.rejects(pace.respect("a", said), busyFor(16_000));
    now = 30_000;
    assert.equal(await pace.respect("a", said), "said");
  });

  it("waits longer after each refusal in a row, a little by chance, and as long as Teams asks at least", async () => {
    let now = 0;
    let chance = 0;
    const pace = new Pace(
      () => now,
      () => chance,
    );
    const refused = (retryAfterMs?: number) =>
      pace.respect("a", () => Promise.reject(new ConnectorBusy(429, retryAfterMs)));
    for (const waitMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      await assert.rejects(refused(), busyFor(waitMs));
      await assert.rejects(pace.respect("a", said), busyFor(waitMs));
      now += waitMs;
    }
    chance = 1;
    await assert.rejects(refused(7_000), busyFor(22_000));
    now += 22_000;
    await pace.respect("a", said);
    chance = 0;
    await assert.rejects(refused(5_000), busyFor(5_000));
  });

  it("passes on what is no question of pace", async () => {
    const pace = new Pace(Date.now, () => 0);
    await assert.rejects(
      pace.respect("a", () => Promise.reject(new Error("down"))),
      /down/,
    );
    assert.equal(await pace.respect("a", said), "said");
  });
});
