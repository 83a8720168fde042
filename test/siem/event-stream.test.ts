import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Follower } from "../../src/app/follower.ts";
import { UrgentFirst } from "../../src/app/urgent-first.ts";
import { checkSiem } from "../../src/cli/doctor/check-siem.ts";
import { readConfig } from "../../src/config.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { asCoded } from "../../src/errors.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { eventStream, eventStreamSeries } from "../../src/serve/event-stream.ts";
import type { Foundation } from "../../src/serve/foundation.ts";
import { T0 } from "../domain/given.ts";
import { TO_ITS_DEADLINE } from "../domain/lives.ts";
import { certificate } from "../support/certificate.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { syslogReceiver, type SyslogReceiver } from "../support/syslog-receiver.ts";
import { until } from "../support/until.ts";
import { vouch } from "../support/vouch.ts";
import { webhookReceiver, type WebhookReceiver } from "../support/webhook-receiver.ts";

const SECRET = `whsec_${randomBytes(32).toString("base64")}`;

describe("the event stream", () => {
  let server: TestRedis;
  let redis: Redis;
  let ledger: Ledger;
  let syslog: SyslogReceiver;
  let webhook: WebhookReceiver;
  let now = Date.now();
  let lives = 0;
  const client = certificate();

  before(async () => {
    server = await startTestRedis();
    redis = new Redis(server.url);
    await vouch(redis);
    ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
    syslog = await syslogReceiver({ ca: readFileSync(client.certFile, "utf8") });
    webhook = await webhookReceiver(SECRET);
  });
  after(async () => {
    redis.disconnect();
    await syslog.stop();
    await webhook.stop();
    await server.stop();
  });

  /** A worker's: each call is another one. */
  function base(env: Readonly<Record<string, string>>): Foundation {
    const config = readConfig({ PUBLIC_URL: "https://breakglass.acme.test", ...env });
    const known = { config, ledger, redis, urgentFirst: new UrgentFirst(), now: () => now, log: silent };
    return known as Pick<Foundation, keyof typeof known> as Foundation;
  }
  const toSyslog = (): Foundation =>
    base({
      SIEM_SYSLOG_URL: `syslog+tls://127.0.0.1:${syslog.port}`,
      SIEM_CA_FILE: syslog.certFile,
      SIEM_CLIENT_CERT_FILE: client.certFile,
      SIEM_CLIENT_KEY_FILE: client.keyFile,
    });
  const toWebhook = (secret = SECRET): Foundation =>
    base({ SIEM_WEBHOOK_URL: webhook.url, SIEM_WEBHOOK_SECRET: secret, SIEM_CA_FILE: webhook.certFile });
  const one = (of: Foundation): Follower => {
    const [sink] = eventStream(of);
    assert.ok(sink);
    return sink;
  };

  async function live(): Promise<void> {
    const id = `BG-${String(++lives).padStart(6, "0")}`;
    for (const { event, after: afterMs } of TO_ITS_DEADLINE) {
      const state = (await ledger.load(id))?.state;
      await ledger.record({ id, state, events: [event], at: T0 + afterMs });
    }
  }
  async function behind(of: Foundation): Promise<number | undefined> {
    const series = await eventStreamSeries(of);
    return series.find(({ name }) => name === "breakglass_siem_behind_entries")?.samples[0]?.value;
  }
  const hashes = async () => (await ledger.range(1, 1_000)).map((line) => /"hash":"([0-9a-f]{64})"/.exec(line)?.[1]);

  it("gives a syslog receiver every entry once, and goes on after a restart where it was", async () => {
    await live();
    await Promise.all([one(toSyslog()).look(), one(toSyslog()).look()]);
    assert.deepEqual(
      syslog.received.map(({ event }) => event.metadata.uid),
      await hashes(),
    );
    await live();
    assert.equal(await behind(toSyslog()), TO_ITS_DEADLINE.length);
    await one(toSyslog()).look();
    assert.deepEqual(
      syslog.received.map(({ event }) => event.metadata.uid),
      await hashes(),
    );
    assert.deepEqual(syslog.wrong, []);
    assert.equal(await behind(toSyslog()), 0);
    const [first] = syslog.received;
    assert.deepEqual([first?.host, first?.app, first?.msgid], ["breakglass.acme.test", "breakglass", "RequestOpened"]);
    const met = syslog.connections();
    await one(toSyslog()).look();
    assert.equal(syslog.connections(), met, "nobody is called where nothing is new");
  });

  it("waits for a receiver that hangs, tells of it, and loses nothing", async () => {
    const met = syslog.connections();
    syslog.hang();
    await live();
    const sink = one(toSyslog());
    const looking = sink.look();
    await until(() => (syslog.connections() > met ? true : undefined), "it is called");
    // While it hangs, the ledger records and others are told.
    await ledger.recordOwn(() => [{ type: "HeartbeatRecorded", actor: CLOCK, data: {} }], T0);
    await one(toWebhook()).look();
    assert.equal(webhook.batches.flatMap(({ events }) => events).length, (await ledger.head()).seq);
    await sink.stop();
    await looking;
    assert.deepEqual(
      (await checkSiem(toSyslog().config.siem ?? assert.fail(), redis)).map(({ standing }) => standing),
      ["fine"],
    );
    syslog.goOn();
    await one(toSyslog()).look();
    assert.deepEqual(
      syslog.received.map(({ event }) => event.metadata.uid),
      await hashes(),
    );
  });

  it("does not take it for an answer that a receiver goes away", async () => {
    const met = syslog.connections();
    syslog.leave();
    await live();
    await one(toSyslog()).look();
    assert.equal(syslog.connections(), met + 1);
    const { siem } = toSyslog().config;
    const [finding] = await checkSiem(siem ?? assert.fail(), redis);
    assert.match(finding?.hint ?? "", /it closed the connection before it had everything/);
    syslog.goOn();
    now += 1_000;
    await one(toSyslog()).look();
    await one(toWebhook()).look();
    assert.deepEqual(
      syslog.received.map(({ event }) => event.metadata.uid),
      await hashes(),
    );
  });

  it("waits longer each time for one that refuses, and gives it the same under the same id", async () => {
    const before = webhook.batches.length;
    webhook.answer(503);
    await live();
    await one(toWebhook()).look();
    const { siem } = toWebhook().config;
    const [finding] = await checkSiem(siem ?? assert.fail(), redis);
    assert.equal(finding?.standing, "warning");
    assert.match(
      `${finding.text} ${finding.hint ?? ""}`,
      /8 entries could not be sent to 127\.0\.0\.1:\d+ \(webhook\) in 1 try .*HTTP 503/,
    );
    assert.doesNotMatch(JSON.stringify(finding), /hunter2|\/in/);
    webhook.answer(200);
    await one(toWebhook()).look();
    assert.equal(webhook.batches.length, before, "its time has not come");
    now += 1_000;
    await one(toWebhook()).look();
    assert.equal(webhook.batches.length, before + 1);
    assert.deepEqual(
      webhook.batches.flatMap(({ events }) => events.map(({ metadata }) => metadata.uid)),
      await hashes(),
    );
    assert.deepEqual(webhook.refused, []);
  });

  it("gives less at once to one that says it was too much", async () => {
    await live();
    const before = webhook.batches.flatMap(({ events }) => events).length;
    webhook.takeAtMost(3);
    await one(toWebhook()).look();
    webhook.takeAtMost(Infinity);
    const came = webhook.batches.flatMap(({ events }) => events.map(({ metadata }) => metadata.uid)).slice(before);
    assert.deepEqual(came, (await hashes()).slice(-came.length));
    assert.equal(await behind(toWebhook()), 0);
    assert.ok(came.length >= TO_ITS_DEADLINE.length);
  });

  it("counts an answer by its status, and outlives one that breaks off after it", async () => {
    webhook.answer("half");
    await live();
    const sink = one(toWebhook());
    await sink.look();
    assert.equal(await behind(toWebhook()), 0);
    await setTimeout(200); // it breaks off after 50 ms
    webhook.answer("hang");
    await live();
    const hung = one(toWebhook());
    const looking = hung.look();
    await setTimeout(100);
    await hung.stop();
    await looking;
    assert.equal(await behind(toWebhook()), TO_ITS_DEADLINE.length);
    webhook.answer(200);
  });

  it("is for nobody who can't show a certificate, and believed by nobody who has another secret", async () => {
    await live();
    const met = syslog.received.length;
    const stranger = base({ SIEM_SYSLOG_URL: `syslog+tls://127.0.0.1:${syslog.port}` });
    await one(stranger).look();
    assert.equal(syslog.received.length, met);
    const [finding] = await checkSiem(stranger.config.siem ?? assert.fail(), redis);
    assert.match(finding?.hint ?? "", /self-signed certificate/);
    now += 60_000;
    const without = base({
      SIEM_SYSLOG_URL: `syslog+tls://127.0.0.1:${syslog.port}`,
      SIEM_CA_FILE: "/nowhere/siem.pem",
    });
    await one(without).look();
    const [missing] = await checkSiem(without.config.siem ?? assert.fail(), redis);
    assert.match(missing?.hint ?? "", /no such file or directory, open '\/nowhere\/siem\.pem'/);
    now += 60_000;
    await one(toWebhook(`whsec_${randomBytes(32).toString("base64")}`)).look();
    assert.equal(webhook.refused.length, 1);
    now += 60_000;
    await Promise.all([one(toSyslog()).look(), one(toWebhook()).look()]);
    assert.deepEqual(
      syslog.received.map(({ event }) => event.metadata.uid),
      await hashes(),
    );
  });

  it("is set in words that say what would be right", () => {
    const wrong: readonly Readonly<Record<string, string>>[] = [
      { SIEM_SYSLOG_URL: "udp://siem:514" },
      { SIEM_SYSLOG_URL: "siem.acme.test:6514" },
      { SIEM_SYSLOG_URL: "syslog+tls://me:secret@siem.acme.test" },
      { SIEM_WEBHOOK_URL: "http://siem.acme.test/in", SIEM_WEBHOOK_SECRET: SECRET },
      { SIEM_WEBHOOK_URL: "https://siem.acme.test/in" },
      { SIEM_WEBHOOK_URL: "https://siem.acme.test/in", SIEM_WEBHOOK_SECRET: SECRET, SIEM_WEBHOOK_HEADER: "abc" },
      { SIEM_SYSLOG_URL: "syslog+tls://siem.acme.test", SIEM_CLIENT_CERT_FILE: "a.crt" },
      { SIEM_JUSTIFICATIONS: "yes" },
    ];
    for (const env of wrong)
      assert.throws(
        () => readConfig(env),
        (error) => asCoded(error).code === "CONFIG_INVALID" && asCoded(error).message.includes("SIEM_"),
        JSON.stringify(env),
      );
    assert.equal(readConfig({ SIEM_SYSLOG_URL: "syslog+tls://siem.acme.test" }).siem?.syslog?.port, 6_514);
  });
});
