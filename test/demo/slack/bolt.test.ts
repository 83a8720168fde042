import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WebSocket } from "ws";
import type { Slack } from "../../../src/demo/slack/start-slack.ts";
import { acme, clientOf, inAcme } from "./acme.ts";
import { startHttpBot, startSocketBot } from "./bolt-bot.ts";
import type { Bot } from "./bolt-bot.ts";

const ways: [string, (slack: Slack) => Promise<Bot>][] = [
  ["HTTP", startHttpBot],
  ["Socket Mode", startSocketBot],
];

for (const [way, start] of ways) {
  const withBolt = async (work: (slack: Slack, bot: Bot) => Promise<void>): Promise<void> =>
    inAcme(async (slack) => {
      const bot = await start(slack);
      try {
        await work(slack, bot);
      } finally {
        await bot.stop();
      }
    });

  describe(`a real Bolt app over ${way}`, () => {
    it("goes from command to card to click to update", async () => {
      await withBolt(async ({ workspace }) => {
        const [alice, carol] = [workspace.as("U0ALICE"), workspace.as("U0CAROL")];
        const typed = await alice.command("/breakglass", "orders-db writer", { channel: "C0GENERAL" });
        assert.deepEqual([typed.status, typed.problem], [200, null]);
        assert.deepEqual(
          alice.ephemerals().map(({ text }) => text),
          ["recorded"],
        );
        const card = await workspace.waitFor(() => workspace.messages("C0APPROVALS")[0]);
        assert.equal(workspace.readable(card), "BG-7K3M2Q waits\n[Approve] [Deny]");
        await assert.rejects(alice.click(card, "approve"), /can't see/, "she is not in that channel");
        await carol.click(card, { text: "Approve" });
        await workspace.waitFor(() => carol.ephemerals().some(({ text }) => text === "counted"));
        const [decided] = workspace.messages("C0APPROVALS");
        assert.equal(workspace.readable(decided ?? card), "approved by @Carol Diaz");
        assert.equal((await carol.click(card, "approve")).status, 200, "a stale copy can still be clicked");
      });
    });

    it("opens a form from a click, refuses and takes what is filled in", async () => {
      await withBolt(async ({ workspace }) => {
        const carol = workspace.as("U0CAROL");
        await carol.command("/breakglass", "x");
        const card = await workspace.waitFor(() => workspace.messages("C0APPROVALS")[0]);
        await carol.click(card, "deny");
        const view = await workspace.waitFor(() => carol.view());
        const short = await carol.submit(view, { role: "writer", target: "orders-db", why: "no" });
        assert.equal(short.raw, null, "Slack's own form holds it back");
        assert.deepEqual(carol.view()?.errors, { why: "Please enter at least 3 characters." });
        await carol.submit(view, { why: "because" });
        assert.deepEqual(carol.view()?.errors, { why: "Say more." });
        await carol.submit(view, { why: { why: "INC-42 orders stuck" } });
        assert.equal(carol.view(), null);
        const said = await workspace.waitFor(() => workspace.messages("C0INCIDENTS")[0]);
        assert.equal(workspace.readable(said), "@Carol Diaz asks for writer: INC-42 orders stuck");
      });
    });

    it("redraws a form when a menu dispatches, and keeps what was typed", async () => {
      await withBolt(async ({ workspace }, bot) => {
        const alice = workspace.as("U0ALICE");
        await alice.command("/breakglass", "form");
        const view = await workspace.waitFor(() => alice.view());
        assert.equal((await alice.clickIn(view, { action_id: "why", choose: "INC-42" })).raw, null, "not dispatched");
        assert.deepEqual(
          (await alice.suggest(view, "target", "ord")).options.map(({ value }) => value),
          ["orders-db"],
        );
        await alice.clickIn(view, { action_id: "target", choose: "orders-db" });
        const drawn = await workspace.waitFor(() => {
          const now = alice.view();
          return now?.blocks.length === 3 && now;
        });
        assert.equal(drawn.values["why"]?.["why"]?.["value"], "INC-42");
        assert.notEqual(drawn.hash, view.hash);
        assert.throws(() => workspace.as("U0BOB").view() ?? assert.fail("only Alice sees it"));
        await alice.closeView(view);
        await workspace.waitFor(() => bot.closed.includes("U0ALICE"));
        assert.equal(alice.view(), null);
        await assert.rejects(alice.submit(view), /is not open/);
      });
    });
  });
}

describe("Socket Mode", () => {
  it("reconnects when asked to, and after a broken connection", async () => {
    await inAcme(async (slack) => {
      const bot = await startSocketBot(slack, 100);
      try {
        const again = async (shake: () => void): Promise<void> => {
          const before = slack.calls.list("apps.connections.open").length;
          shake();
          const opened = (): boolean => slack.calls.list("apps.connections.open").length > before;
          await slack.workspace.waitFor(() => opened() && slack.sockets.count === 1);
        };
        await again(() => {
          slack.sockets.refresh();
        });
        await again(() => {
          slack.sockets.drop();
        });
        assert.equal((await slack.workspace.as("U0ALICE").command("/breakglass", "x")).status, 200);
      } finally {
        await bot.stop();
      }
    });
  });

  it("can send an envelope twice, and times out without an ack", async () => {
    await inAcme(
      async (slack) => {
        const bot = await startSocketBot(slack);
        try {
          const alice = slack.workspace.as("U0ALICE");
          const { raw } = await alice.command("/breakglass", "x");
          assert.equal(raw?.via, "socket");
          await slack.workspace.delivery.resend(raw);
          await slack.workspace.waitFor(() => slack.workspace.messages("C0APPROVALS").length === 2);
          assert.equal((await alice.command("/nobody-listens")).problem, "operation_timeout");
        } finally {
          await bot.stop();
        }
      },
      { ackWithin: 300 },
    );
  });

  it("refuses a ticket twice, and every connection in an outage", async () => {
    await inAcme(async (slack) => {
      const connect = async (url: string): Promise<boolean> =>
        new Promise((resolve) => {
          const socket = new WebSocket(url);
          socket.addEventListener("open", () => {
            resolve(true);
          });
          socket.addEventListener("error", () => {
            resolve(false);
          });
        });
      const ticket = async (): Promise<string> =>
        (await clientOf(slack, acme.appToken).apps.connections.open()).url ?? "";
      const one = await ticket();
      assert.deepEqual([await connect(one), await connect(one)], [true, false]);
      const two = await ticket();
      slack.faults.outage(true);
      assert.equal(slack.sockets.count, 0);
      assert.equal(await connect(two), false);
    });
  });
});
