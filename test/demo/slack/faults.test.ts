import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WebAPIRateLimitedError } from "@slack/web-api";
import { inAcme, refused, stoppedClock } from "./acme.ts";

const channel = "C0GENERAL";

describe("rate limits", () => {
  it("allow a burst, then one message a second a channel", async () => {
    const clock = stoppedClock();
    await inAcme(
      async ({ workspace }, client) => {
        const post = async (to = channel): Promise<unknown> => client.chat.postMessage({ channel: to, text: "x" });
        await post();
        await post();
        const over = await post().then(
          () => null,
          (error: unknown) => error,
        );
        assert.ok(over instanceof WebAPIRateLimitedError);
        assert.equal(over.retryAfter, 1);
        await post("C0INCIDENTS");
        clock.pass(1000);
        await post();
        await assert.rejects(post(), WebAPIRateLimitedError);
        assert.equal(workspace.messages(channel).length, 3);
      },
      { now: clock.now, rate: { perSecond: 1, burst: 2 } },
    );
  });

  it("can be set for any method", async () => {
    await inAcme(
      async (_, client) => {
        await client.users.info({ user: "U0BOB" });
        await assert.rejects(client.users.info({ user: "U0BOB" }), WebAPIRateLimitedError);
      },
      { now: stoppedClock().now, perMinute: { "users.info": 1 } },
    );
  });
});

describe("faults", () => {
  it("happen once each, in order, to the method they are ordered for", async () => {
    await inAcme(async ({ faults, workspace }, client) => {
      faults.next("chat.postMessage", { error: "internal_error" });
      faults.next("chat.postMessage", { retryAfter: 7 });
      faults.next("chat.postMessage", { status: 500 });
      await client.auth.test();
      const post = async (): Promise<unknown> => client.chat.postMessage({ channel, text: "x" });
      assert.equal((await refused(post())).error, "internal_error");
      await assert.rejects(post(), { retryAfter: 7 });
      await assert.rejects(post(), { code: "slack_webapi_http_error", statusCode: 500 });
      await post();
      assert.equal(workspace.messages(channel).length, 1);
    });
  });

  it("can be ordered for one channel alone", async () => {
    await inAcme(async ({ faults }, client) => {
      faults.next(`chat.postMessage ${channel}`, { error: "internal_error" });
      const post = async (to: string): Promise<unknown> => client.chat.postMessage({ channel: to, text: "x" });
      await post("C0INCIDENTS");
      assert.equal((await refused(post(channel))).error, "internal_error");
      await post(channel);
    });
  });

  it("can lose the answer after the work is done", async () => {
    await inAcme(async ({ faults, workspace }, client) => {
      faults.next("chat.postMessage", { loseAnswer: true });
      const lost = client.chat.postMessage({ channel, text: "x" });
      await assert.rejects(lost, { code: "slack_webapi_request_error" });
      assert.equal(workspace.messages(channel).length, 1);
    });
  });

  it("can hang, and be late", async () => {
    await inAcme(async ({ faults, apiUrl }) => {
      faults.next("auth.test", { hang: true });
      const call = async (signal: AbortSignal): Promise<Response> => fetch(`${apiUrl}auth.test`, { signal });
      await assert.rejects(call(AbortSignal.timeout(500)), { name: "TimeoutError" });
      faults.next("auth.test", { delayMs: 60 });
      const began = performance.now();
      await call(AbortSignal.timeout(20_000));
      assert.ok(performance.now() - began >= 55);
    });
  });

  it("can take all of Slack away, and bring it back", async () => {
    await inAcme(async ({ faults, apiUrl }, client) => {
      faults.outage(true);
      assert.equal((await fetch(`${apiUrl}auth.test`)).status, 503);
      faults.outage("drop");
      await assert.rejects(fetch(`${apiUrl}auth.test`));
      faults.outage(false);
      assert.equal((await client.auth.test()).ok, true);
    });
  });
});
