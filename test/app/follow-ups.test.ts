import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { FollowUpMemory } from "../../src/app/follow-up-memory.ts";
import { followUpBody } from "../../src/app/follow-up-message.ts";
import { signatureHeaders } from "../../src/app/webhook-signature.ts";
import { FollowUpSender } from "../../src/app/follow-up-sender.ts";
import { sendFollowUp } from "../../src/app/follow-up-webhook.ts";
import { checkFollowUps } from "../../src/cli/doctor/check-follow-ups.ts";
import { FOLLOW_UP_FORMATS, readConfig, type FollowUpsConfig } from "../../src/config.ts";
import type { Connection } from "../../src/connection.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { fold } from "../../src/domain/request.ts";
import { asCoded } from "../../src/errors.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { ACME_POLICY, policyOf } from "../domain/acme-policy.ts";
import { at, by, ID, MINUTE, opened, recorded, stateOf, T0, type Happened } from "../domain/given.ts";
import { TO_ITS_DEADLINE } from "../domain/lives.ts";
import { connectedRedis } from "../support/connected-redis.ts";
import { logKept, type KeptLog } from "../support/kept-log.ts";
import { until } from "../support/until.ts";
import { vouch } from "../support/vouch.ts";

const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes ok!").toString("base64")}`;
const NAMES: Readonly<Record<string, string>> = { alice: "Alice Ng", bob: "Bob Ortiz" };
const ownerOf = (person: string) => ({ person, name: NAMES[person] ?? person, email: `${person}@acme.test` });
const REVIEWED = policyOf(ACME_POLICY.replace("targets:\n", "review: { by: [leads], due: 24h }\ntargets:\n"));
/** Access that ended, and was reviewed with one follow-up. */
const LIFE: readonly Happened[] = [
  opened({}, { policy: REVIEWED }),
  ...TO_ITS_DEADLINE.slice(1),
  at(16 * MINUTE, {
    type: "ReviewOpened",
    actor: CLOCK,
    data: { reviewer: "bob", by: ["leads"], dueAt: T0 + 24 * 60 * MINUTE },
  }),
  at(20 * MINUTE, {
    type: "ReviewSubmitted",
    actor: by("bob"),
    data: {
      ...{ use: "emergency", needed: "partly", duration: "right", scope: "right" },
      followUps: [{ owner: "alice", due: "2026-12-01" }],
    },
    notes: { prevention: "A dashboard.", "follow-up 1": "build it" },
  }),
];

/** What the tracker was sent. */
interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe("follow-ups at a tracker", () => {
  let stop: () => Promise<void>;
  let redis: Connection;
  let ledger: Ledger;
  let tracker: Server;
  let got: Got[];
  let answer: () => number | "hang";
  let now: number;
  let log: KeptLog;
  let senders: FollowUpSender[];
  let announced: string[];

  before(async () => {
    ({ redis, stop } = await connectedRedis());
    tracker = createServer((request, response) => {
      void text(request).then((body) => {
        got.push({ headers: request.headers, body });
        const status = answer();
        if (status === "hang") return;
        response.writeHead(status, { location: "http://127.0.0.1:1/elsewhere" }).end("a stranger's words: hunter2");
      });
    });
    tracker.listen(0, "127.0.0.1");
    await once(tracker, "listening");
  });
  after(async () => {
    await stop();
    tracker.closeAllConnections();
    tracker.close();
  });
  beforeEach(async () => {
    await redis.flushall();
    await vouch(redis);
    ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
    [got, senders, announced, now, answer, log] = [[], [], [], T0 + 3_600_000, () => 204, logKept()];
    for (const { event, after: ms } of LIFE)
      await ledger.record({ id: ID, state: (await ledger.load(ID))?.state, events: [event], at: T0 + ms });
  });
  afterEach(async () => {
    await Promise.all(
      senders.map(async (each) => {
        await each.stop();
      }),
    );
  });

  const config = (changed: Readonly<Record<string, string>> = {}): FollowUpsConfig => {
    const url = `http://127.0.0.1:${(tracker.address() as AddressInfo).port}/hooks/t0ken?key=s3cret`;
    const { followUps } = readConfig({ FOLLOW_UP_WEBHOOK_URL: url, FOLLOW_UP_WEBHOOK_SECRET: SECRET, ...changed });
    assert.ok(followUps);
    return followUps;
  };
  const memory = () => new FollowUpMemory(redis);
  const sender = (settings = config(), own = ledger) => {
    const made = new FollowUpSender({
      ledger: own,
      memory: memory(),
      send: async (state, followUp, signal) => {
        await sendFollowUp(settings, state, followUp, { ownerOf, now: () => now, signal });
      },
      now: () => now,
      announce: (id) => announced.push(id),
      log: log.log,
    });
    senders.push(made);
    return made;
  };
  const followUps = async () => (await ledger.load(ID))?.state.review?.followUps ?? [];

  it("arrive signed, under a name that is the same at each try, and once, whoever looks how often", async () => {
    const settings = config({ FOLLOW_UP_WEBHOOK_HEADER: "Authorization: Bearer abc" });
    await Promise.all([sender(settings).look(), sender(settings).look(), sender(settings).look()]);
    await sender(settings).look();
    const count = (await followUps()).length;
    assert.ok(count > 0);
    assert.equal(got.length, count);
    const [{ headers, body } = assert.fail()] = got;
    assert.equal(headers["idempotency-key"], `${ID}-1`);
    assert.equal(headers.authorization, "Bearer abc");
    const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
    const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
    const signature = createHmac("sha256", key).update(signed).digest("base64");
    assert.equal(headers["webhook-signature"], `v1,${signature}`);
    assert.equal(Number(headers["webhook-timestamp"]), Math.floor(now / 1_000));
    const { what, owner, due } = (await followUps())[0] ?? assert.fail();
    const { data } = JSON.parse(body) as { data: Record<string, unknown> };
    assert.deepEqual(
      [data["what"], data["owner"], data["due"], data["request"], data["number"]],
      [what, ownerOf(owner), due, ID, 1],
    );
    assert.ok((await followUps()).every(({ sentAt }) => sentAt === now));
    assert.deepEqual(new Set(announced), new Set([ID]));
  });

  it("are sent again after a while that grows, told in the log and by doctor, until they are taken", async () => {
    answer = () => 503;
    await sender().look();
    await sender().look();
    assert.equal(got.length, 1, "not before its time");
    for (let failures = 2; failures <= 15; failures += 1) {
      const [{ nextAt = 0 } = {}] = (await memory().failures()).values();
      const waitMs = nextAt - now;
      assert.ok(waitMs > 0 && waitMs <= 3_600_000, String(waitMs));
      now = nextAt;
      await sender().look();
      assert.equal(got.length, failures);
    }
    const [warned] = log.lines().filter((line) => line.includes("could not be sent"));
    assert.match(warned ?? "", /FOLLOW_UP_UNSENT|HTTP 503/);
    const [finding] = await checkFollowUps(config(), redis);
    assert.equal(finding?.standing, "warning");
    assert.match(
      `${finding.text} ${finding.hint ?? ""}`,
      /1 follow-up could not be sent to 127\.0\.0\.1:\d+, one of them in 15 tries .*HTTP 503/,
    );
    for (const place of [
      log.lines().join("\n"),
      JSON.stringify(finding),
      JSON.stringify([...(await memory().failures())]),
    ])
      for (const secret of ["t0ken", "s3cret", "hunter2", SECRET]) assert.ok(!place.includes(secret), secret);
    answer = () => 201;
    now += 3_600_000;
    await sender().look();
    assert.ok((await followUps()).every(({ sentAt }) => sentAt !== undefined));
    assert.deepEqual([...(await memory().failures())], []);
    assert.equal((await checkFollowUps(config(), redis))[0]?.standing, "fine");
  });

  it("go nowhere else: a redirect counts as not taken", async () => {
    answer = () => 307;
    await sender().look();
    assert.equal((await memory().failures()).get(`${ID}-1`)?.problem.includes("HTTP 307"), true);
    assert.equal((await followUps())[0]?.sentAt, undefined);
  });

  it("wait for nobody and nobody waits for them: a tracker that hangs holds up no look, and no end of the program", async () => {
    answer = () => "hang";
    const one = sender();
    const began = performance.now();
    one.begin();
    one.begin();
    assert.ok(performance.now() - began < 1_000);
    await until(() => got.length === 1 || undefined, "the call");
    await one.stop();
    assert.ok(performance.now() - began < 5_000);
    assert.equal((await followUps())[0]?.sentAt, undefined, "and it is sent by whoever comes next");
    answer = () => 200;
    await sender().look();
    assert.notEqual((await followUps())[0]?.sentAt, undefined);
  });

  it("are recorded as sent though something else is recorded meanwhile", async () => {
    answer = () => 200;
    const state = (await ledger.load(ID))?.state ?? assert.fail();
    const meanwhile = { type: "FollowUpReminded", actor: by("alice"), data: { nth: 1 } } as const;
    const racing = new Ledger(redis, () => randomBytes(16).toString("base64url"));
    const record = racing.record.bind(racing);
    let isFirst = true;
    racing.record = async (decided) => {
      if (isFirst) {
        isFirst = false;
        await ledger.record({ id: ID, state, events: [meanwhile], at: now });
      }
      return await record(decided);
    };
    await sender(config(), racing).look();
    assert.equal(got.length, 1);
    assert.notEqual((await followUps())[0]?.sentAt, undefined);
  });

  it("are not sent when they are done already, and are no failure any more", async () => {
    const done = { type: "FollowUpDone", actor: by("alice"), data: { nth: 1 } } as const;
    await ledger.record({ id: ID, state: (await ledger.load(ID))?.state, events: [done], at: now });
    await memory().failed(`${ID}-1`, { failures: 3, nextAt: 0, problem: "HTTP 500" });
    await sender().look();
    assert.equal(got.length, 0);
    assert.deepEqual([...(await memory().failures())], []);
  });
});

describe("the form of a follow-up", () => {
  const state = fold(ID, recorded(LIFE)) ?? assert.fail();
  const [followUp = assert.fail()] = stateOf(...LIFE).review?.followUps ?? [];
  const body = (format: (typeof FOLLOW_UP_FORMATS)[number]) =>
    JSON.parse(followUpBody(format, state, followUp, ownerOf)) as Record<string, unknown>;

  it("is signed as Standard Webhooks says: the specification's own example", () => {
    const key = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
    const headers = signatureHeaders("msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', key, 1_614_265_330_000);
    assert.equal(headers["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  it("is what GitHub takes, where that is asked for", () => {
    assert.deepEqual(Object.keys(body("github-dispatch")), ["event_type", "client_payload"]);
    assert.ok(Object.keys(body("github-dispatch")["client_payload"] as object).length <= 10, "GitHub takes ten");
    assert.deepEqual(Object.keys(body("github-issue")), ["title", "body", "labels"]);
    const forged = { ...followUp, what: "@acme/everybody [x](https://evil.test)" };
    const issue = JSON.parse(followUpBody("github-issue", state, forged, ownerOf)) as { body: string };
    assert.doesNotMatch(issue.body, /@|evil/);
  });

  it("is set by the environment, which is told what is wrong with it", () => {
    const env = { FOLLOW_UP_WEBHOOK_URL: "https://hooks.acme.test/x", FOLLOW_UP_WEBHOOK_SECRET: SECRET };
    assert.equal(readConfig({}).followUps, undefined);
    assert.equal(readConfig(env).followUps?.format, "plain");
    for (const [name, value] of [
      ["FOLLOW_UP_WEBHOOK_URL", "http://hooks.acme.test/x"],
      ["FOLLOW_UP_WEBHOOK_URL", "hooks.acme.test"],
      ["FOLLOW_UP_WEBHOOK_SECRET", ""],
      ["FOLLOW_UP_WEBHOOK_SECRET", "hunter2"],
      ["FOLLOW_UP_WEBHOOK_HEADER", "abc"],
      ["FOLLOW_UP_WEBHOOK_FORMAT", "xml"],
    ] as const) {
      const read = () => readConfig({ ...env, [name]: value });
      assert.throws(
        read,
        (error) => asCoded(error).code === "CONFIG_INVALID" && asCoded(error).message.includes(name),
        `${name} ${value}`,
      );
      if (value.length > 5) assert.throws(read, (error) => !asCoded(error).message.includes("hunter2"));
    }
    assert.doesNotMatch(JSON.stringify(readConfig(env)), /hooks\.acme|whsec/);
  });
});
