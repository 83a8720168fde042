import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { App } from "@slack/bolt";
import { silent } from "../../src/log.ts";
import { SocketLine, type SocketPace } from "../../src/slack/socket-line.ts";
import { until } from "../support/until.ts";
import { startRudeSlack, type RudeSlack } from "./rude-slack.ts";

const QUICK: SocketPace = { firstPause: 20, longestPause: 80, connect: 300, steady: 10_000 };

describe("a line over Socket Mode", () => {
  let slack: RudeSlack;
  let line: SocketLine | undefined;

  beforeEach(async () => {
    slack = await startRudeSlack();
  });

  afterEach(async () => {
    await line?.stop();
    line = undefined;
    await slack.close();
  });

  function open(pace: Partial<SocketPace> = {}, known: Promise<unknown> = Promise.resolve()): SocketLine {
    line = new SocketLine({
      appToken: "xapp-1-rude",
      apiUrl: slack.apiUrl,
      known,
      now: () => performance.now(),
      log: silent,
      pace: { ...QUICK, ...pace },
    });
    const app = new App({ receiver: line, authorize: () => Promise.resolve({}) });
    app.command("/there", async ({ ack }) => {
      await ack("here");
    });
    return line;
  }

  /** It takes a call, over one connection and no more. */
  async function assertWorks(of: SocketLine): Promise<void> {
    const socket = await until(() => (of.connected ? slack.sockets().at(-1) : undefined), "a connection");
    const answer = new Promise((resolve) => {
      socket.on("message", (data: Buffer) => {
        resolve(JSON.parse(data.toString("utf8")));
      });
    });
    const payload = { command: "/there", text: "", user_id: "U1", team_id: "T1", channel_id: "C1" };
    socket.send(JSON.stringify({ type: "slash_commands", envelope_id: "E1", accepts_response_payload: true, payload }));
    assert.deepEqual(await answer, { envelope_id: "E1", payload: { text: "here" } });
    assert.equal(slack.sockets().length, 1);
  }

  for (const manners of ["mute", "stalled", "no hello", "full", "hello and goodbye", "frozen"] as const) {
    it(`gets over a Slack that is: ${manners}`, async () => {
      slack.order(manners);
      const opened = open();
      void opened.start();
      await until(() => (slack.asked.length === 2 ? true : undefined), "a second try");
      slack.thaw();
      await assertWorks(opened);
    });
  }

  it("keeps on trying, ever more slowly, and not faster than Slack asks", async () => {
    slack.order("full", "hello and goodbye", "full", { retryAfter: 1 }, "hello and goodbye");
    const opened = open();
    void opened.start();
    await until(() => (slack.asked.length === 6 ? true : undefined), "six tries");
    await assertWorks(opened);
    const pauses = slack.asked.slice(1).map((at, index) => at - (slack.asked[index] ?? 0));
    for (const [index, least] of [20, 40, 80, 1_000, 80].entries()) {
      const pause = pauses[index] ?? 0;
      assert.ok(pause >= least, `pause ${index + 1} was ${pause} ms`);
    }
    assert.ok(Math.max(...pauses) < 2_000, pauses.join());
  });

  it("connects at once when a connection that stood for long ends", async () => {
    const opened = open({ steady: 0, connect: 60_000, firstPause: 60_000 });
    await opened.start();
    await assertWorks(opened);
    slack.sockets()[0]?.terminate();
    await until(() => (slack.asked.length === 2 ? true : undefined), "a new one");
    await assertWorks(opened);
  });

  it("connects at once when Slack asks it to, although the old connection's end never comes", async () => {
    const opened = open({ steady: 0, connect: 60_000, firstPause: 60_000 });
    await opened.start();
    const [old] = slack.sockets();
    old?.send(JSON.stringify({ debug_info: { host: "h" }, reason: "refresh_requested", type: "disconnect" }));
    old?.pause();
    const began = performance.now();
    await until(() => (slack.asked.length === 2 ? true : undefined), "a new one");
    assert.ok(performance.now() - began < 5_000, "it waited for the old one");
    await until(() => (opened.connected ? true : undefined), "the connection");
    old?.terminate();
    await assertWorks(opened);
  });

  it("asks for nothing before it is known who we are", async () => {
    let isKnown: () => void = () => undefined;
    const opened = open({}, new Promise<void>((resolve) => (isKnown = resolve)));
    await opened.start();
    assert.equal(opened.connected, false);
    assert.equal(await slack.connections(), 0);
    isKnown();
    await assertWorks(opened);
  });

  for (const [manners, links] of [
    ["polite", 1],
    ["mute", 0],
    ["stalled", 1],
    ["no hello", 1],
    ["frozen", 1],
    [{ retryAfter: 60 }, 0],
  ] as const) {
    it(`stops soon and leaves nothing when Slack is: ${JSON.stringify(manners)}`, async () => {
      slack.order(manners);
      const opened = open({ connect: 60_000, longestPause: 60_000, firstPause: 60_000 });
      const started = opened.start();
      await until(() => (slack.asked.length === 1 && slack.links() === links ? true : undefined), "a try");
      const began = performance.now();
      await opened.stop();
      assert.ok(performance.now() - began < 2_000, "it took too long");
      await started;
      assert.equal(opened.connected, false);
      slack.thaw();
      await until(async () => ((await slack.connections()) === 0 ? true : undefined), "the end of all connections");
      // A connection over which all was said is kept for four seconds, in case there is more.
      assert.ok(performance.now() - began < 6_000, "what was under way went on");
      assert.equal(slack.asked.length, 1);
    });
  }

  it("stops before it is known who we are", async () => {
    const opened = open({}, new Promise(() => undefined));
    await opened.start();
    await opened.stop();
    assert.equal(slack.asked.length, 0);
  });
});
