import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, it } from "node:test";
import { verifySlackRequest } from "@slack/bolt";
import type { SlackOptions } from "../../../src/demo/slack/start-slack.ts";
import { acme, stoppedClock } from "./acme.ts";
import { ok, withBot } from "./raw-bot.ts";
import type { Got } from "./raw-bot.ts";

/** Bolt's own check of a request. */
function verify({ headers, body }: Got, nowMilliseconds: number): void {
  const signed = {
    "x-slack-signature": String(headers["x-slack-signature"]),
    "x-slack-request-timestamp": Number(headers["x-slack-request-timestamp"]),
  };
  verifySlackRequest({ signingSecret: acme.signingSecret, body, headers: signed, nowMilliseconds });
}

const first = (got: readonly Got[]): Got => got[0] ?? assert.fail("the bot got nothing");

describe("a slash command over HTTP", () => {
  it("is form-encoded with all of Slack's fields, and signed so that Bolt takes it", async () => {
    const clock = stoppedClock();
    await withBot(
      ok,
      async ({ workspace, url }, got) => {
        const typed = workspace
          .as("U0ALICE")
          .command("/breakglass", "orders-db writer 15m", { channel: "C0INCIDENTS" });
        const { status, body, problem } = await typed;
        assert.deepEqual([status, body, problem], [200, null, null]);
        verify(first(got), clock.now());
        const { trigger_id, response_url, token, ...fields } = Object.fromEntries(new URLSearchParams(first(got).body));
        assert.deepEqual(fields, {
          team_id: "T0ACME",
          team_domain: "acme",
          channel_id: "C0INCIDENTS",
          channel_name: "incidents",
          user_id: "U0ALICE",
          user_name: "alice",
          command: "/breakglass",
          text: "orders-db writer 15m",
          api_app_id: "A0BREAKGLASS",
          is_enterprise_install: "false",
        });
        assert.ok(response_url?.startsWith(`${url}/response/`));
        assert.ok(trigger_id !== undefined && token !== undefined);
      },
      { now: clock.now },
    );
  });

  it("hides the name of a private channel, and carries the enterprise", async () => {
    const seed = { ...acme, team: { ...acme.team, enterprise: { id: "E0ACME", name: "Acme Group" } } };
    await withBot(
      ok,
      async ({ workspace }, got) => {
        await workspace.as("U0BOB").command("/breakglass", "", { channel: "C0APPROVALS" });
        const fields = new URLSearchParams(first(got).body);
        assert.equal(fields.get("channel_name"), "privategroup");
        assert.equal(fields.get("enterprise_id"), "E0ACME");
      },
      { seed },
    );
  });

  it("can be forged in each part that a bot must check", async () => {
    const clock = stoppedClock();
    await withBot(
      ok,
      async ({ workspace }, got) => {
        const alice = workspace.as("U0ALICE");
        const seconds = clock.now() / 1000;
        const forgeries = [{ signature: "v0=00" }, { signingSecret: "another secret" }, { timestamp: seconds - 301 }];
        for (const forgery of forgeries) {
          got.length = 0;
          await alice.command("/breakglass", "", forgery);
          assert.throws(() => {
            verify(first(got), clock.now());
          }, /Failed to verify authenticity/);
        }
        got.length = 0;
        const headers = { "x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout" };
        await alice.command("/breakglass", "", {
          teamId: "T0OTHER",
          appId: "A0OTHER",
          timestamp: seconds + 600,
          headers,
        });
        verify(first(got), clock.now());
        const fields = new URLSearchParams(first(got).body);
        assert.deepEqual([fields.get("team_id"), fields.get("api_app_id")], ["T0OTHER", "A0OTHER"]);
        assert.equal(first(got).headers["x-slack-retry-num"], "1");
      },
      { now: clock.now },
    );
  });

  it("can be sent again, byte for byte", async () => {
    await withBot(ok, async ({ workspace }, got) => {
      const { raw } = await workspace.as("U0ALICE").command("/breakglass", "list");
      assert.ok(raw !== null);
      await workspace.delivery.resend(raw, { "x-slack-retry-num": "1" });
      const [, again] = got;
      assert.equal(again?.body, first(got).body);
      assert.equal(again.headers["x-slack-signature"], first(got).headers["x-slack-signature"]);
      assert.equal(again.headers["x-slack-retry-num"], "1");
    });
  });
});

describe("what a person is shown when a command is answered", () => {
  const shown = async (
    answer: (response: ServerResponse) => void,
    options: Partial<SlackOptions> = {},
  ): Promise<string[]> => {
    let texts: string[] = [];
    await withBot(
      answer,
      async ({ workspace }) => {
        const alice = workspace.as("U0ALICE");
        await alice.command("/breakglass", "", { channel: "C0GENERAL" });
        texts = [...alice.ephemerals(), ...workspace.messages("C0GENERAL")].map((one) => `${one.user}: ${one.text}`);
      },
      options,
    );
    return texts;
  };
  const json = (body: object) => (response: ServerResponse) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  };

  it("is the ack's text, to them alone", async () => {
    assert.deepEqual(await shown((response) => response.end("working on it")), ["U0BREAKGLASS: working on it"]);
    assert.deepEqual(await shown(json({ text: "done" })), ["U0BREAKGLASS: done"]);
    assert.deepEqual(await shown(json({ text: "hello", response_type: "in_channel" })), ["U0BREAKGLASS: hello"]);
    assert.deepEqual(await shown(ok), []);
  });

  it("is Slack's own error when the bot fails", async () => {
    const failed = (error: string): string[] => [`USLACKBOT: /breakglass failed with the error "${error}"`];
    const status = (code: number) => (response: ServerResponse) => response.writeHead(code).end();
    assert.deepEqual(await shown(status(500)), failed("http_service_error"));
    assert.deepEqual(await shown(status(401)), failed("http_client_error"));
    assert.deepEqual(await shown((response) => response.destroy()), failed("dispatch_failed"));
    assert.deepEqual(await shown(() => undefined, { ackWithin: 60 }), failed("operation_timeout"));
    assert.deepEqual(await shown(json({ blocks: [{ type: "nonsense" }] })), failed("invalid_blocks"));
    assert.deepEqual(await shown(json({})), failed("no_text"));
  });
});

describe("a response URL", () => {
  const post = async (url: string, body: object): Promise<{ status: number; error: unknown }> => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: answer.status, error: ((await answer.json()) as { error?: string }).error };
  };
  const urlIn = (got: readonly Got[]): string => new URLSearchParams(first(got).body).get("response_url") ?? "";

  it("works five times, and thirty minutes", async () => {
    const clock = stoppedClock();
    await withBot(
      ok,
      async ({ workspace }, got) => {
        const alice = workspace.as("U0ALICE");
        await alice.command("/breakglass");
        for (let use = 1; use <= 5; use += 1) assert.equal((await post(urlIn(got), { text: "x" })).status, 200);
        assert.deepEqual(await post(urlIn(got), { text: "x" }), { status: 404, error: "used_url" });
        assert.equal(alice.ephemerals().length, 5);
        got.length = 0;
        await alice.command("/breakglass");
        clock.pass(30 * 60_000 + 1);
        assert.deepEqual(await post(urlIn(got), { text: "x" }), { status: 404, error: "expired_url" });
        const unknown = urlIn(got).replace(/[^/]+$/, "nothing");
        assert.deepEqual(await post(unknown, { text: "x" }), { status: 404, error: "invalid_url" });
      },
      { now: clock.now },
    );
  });

  it("refuses what can't be shown, and speaks to all only when asked", async () => {
    await withBot(ok, async ({ workspace }, got) => {
      await workspace.as("U0ALICE").command("/breakglass", "", { channel: "C0GENERAL" });
      assert.deepEqual(await post(urlIn(got), { blocks: [{ type: "nonsense" }] }), {
        status: 400,
        error: "invalid_blocks",
      });
      assert.deepEqual(await post(urlIn(got), { response_type: "shout" }), { status: 400, error: "invalid_payload" });
      await post(urlIn(got), { text: "only you" });
      assert.deepEqual(workspace.messages("C0GENERAL"), []);
      await post(urlIn(got), { text: "all of you", response_type: "in_channel" });
      assert.equal(workspace.messages("C0GENERAL")[0]?.text, "all of you");
    });
  });
});
