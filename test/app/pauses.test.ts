import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChatBusy } from "../../src/app/messenger.ts";
import { Pauses } from "../../src/app/pauses.ts";

describe("the pauses that Slack asks for", () => {
  let now = 1_000;
  const pauses = new Pauses(() => now);
  const asked: string[] = [];
  const ask = async (key: string, busyMs?: number) =>
    await pauses.respect(key, async () => {
      asked.push(key);
      return busyMs === undefined ? await Promise.resolve(key) : await Promise.reject(new ChatBusy(busyMs));
    });
  const waits = (ms: number) => (error: unknown) => error instanceof ChatBusy && error.retryAfterMs === ms;

  it("are kept, each for its own key and no longer", async () => {
    await assert.rejects(ask("C0A", 5_000), waits(5_000));
    now += 1_000;
    await assert.rejects(ask("C0A"), waits(4_000));
    assert.equal(await ask("C0B"), "C0B");
    now += 3_999;
    await assert.rejects(ask("C0A"), waits(1));
    assert.deepEqual(asked, ["C0A", "C0B"], "Slack was asked during the pause");
    now += 1;
    assert.equal(await ask("C0A"), "C0A");
    assert.equal(await ask("C0A"), "C0A");
  });

  it("are begun by nothing else", async () => {
    const failure = new Error("the line broke");
    await assert.rejects(
      pauses.respect("C0C", async () => await Promise.reject(failure)),
      failure,
    );
    assert.equal(await ask("C0C"), "C0C");
  });
});
