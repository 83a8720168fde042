import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import type { ChannelStanding } from "../../src/app/directory.ts";
import { createSeeFacts, type SeeFacts } from "../../src/app/see-facts.ts";
import type { SeenFact } from "../../src/domain/seen-fact.ts";
import { FactSources } from "../../src/facts/fact-sources.ts";
import type { Policy } from "../../src/domain/policy/schema.ts";
import { loadPolicy } from "../../src/domain/policy/load.ts";
import { ANY_PROVIDER } from "../domain/acme-policy.ts";
import {
  entry,
  KEY,
  OG_SCHEDULE,
  PD_SCHEDULE,
  startOnCallServices,
  TOKEN,
  type OnCallServices,
} from "../facts/on-call-services.ts";
import { logKept } from "../support/kept-log.ts";

describe("the facts that policy's approving by itself hangs on", () => {
  let services: OnCallServices;
  let policy: Policy;
  let dir = "";
  let now = 0;
  let see: SeeFacts;
  let channel: ChannelStanding;
  const log = logKept();

  before(async () => {
    services = await startOnCallServices();
    dir = await mkdtemp(join(tmpdir(), "bg-facts-"));
  });
  after(async () => {
    await services.close();
    await rm(dir, { recursive: true });
  });
  beforeEach(() => {
    const loaded = loadPolicy(policyText(services.url), { env: {}, providers: ANY_PROVIDER, asks: false });
    if ("problems" in loaded) assert.fail(JSON.stringify(loaded.problems));
    policy = loaded.policy;
    now = Date.UTC(2026, 10, 23, 3, 12);
    Object.assign(services, { oncalls: [], recipients: [], instead: undefined });
    services.asked.length = 0;
    channel = { kind: "open", name: "inc-42" };
    const sources = new FactSources(dir, () => now);
    see = createSeeFacts({ sources, channel: () => Promise.resolve(channel), now: () => now, log: log.log });
  });

  const by = (person: string) => ({ person, via: "slack", account: "U0" }) as const;
  const asked = { target: "orders-db", role: "writer", thread: "C0INC42" };
  const look = async (kind: SeenFact["kind"], source: string, person = "alice", thread?: string): Promise<SeenFact> => {
    const [seen] = await see(policy, { ...asked, by: by(person), ...(thread === undefined ? {} : { thread }) }, [
      { kind, of: source.split(" ") },
    ]);
    assert.ok(seen);
    return seen;
  };

  it("knows who is on call by PagerDuty: by e-mail, by the policy's own id, on whichever page", async () => {
    const crowd = Array.from({ length: 150 }, (_, nth) => entry({ id: `PX${nth}AAAA`, email: `x${nth}@acme.test` }));
    services.oncalls = [...crowd, entry({ email: "Alice@acme.test" })];
    assert.deepEqual(await look("onCall", "pd"), { kind: "onCall", of: ["pd"], holds: true, at: now });
    assert.equal(services.asked.length, 2);
    // Bob is known there by another e-mail: only his id counts, not who else has his address.
    assert.match((await look("onCall", "pd", "bob")).why ?? "", /^not on call in pd$/);
    now += 60_000;
    services.oncalls = [entry({ id: "PBOBBOB" }), entry({ id: "PEVILXX", email: "bob@acme.test" })];
    assert.equal((await look("onCall", "pd", "bob")).holds, true);
    now += 60_000;
    services.oncalls = [entry({ id: "PEVILXX", email: "bob@acme.test" })];
    assert.equal((await look("onCall", "pd", "bob")).holds, false);
  });

  it("takes no entry of another schedule, none whose time is over, and none for somebody who has no e-mail there", async () => {
    services.oncalls = [
      entry({ email: "alice@acme.test", schedule: "POTHER1" }),
      entry({ email: "alice@acme.test", end: "2026-11-23T03:12:00Z" }),
      entry({ id: "PCAROL1", email: "carol@acme.test" }),
    ];
    assert.equal((await look("onCall", "pd")).why, "not on call in pd");
    assert.equal((await look("onCall", "pd", "carol")).why, "the policy has no e-mail to look for in pd");
  });

  it("knows who is on call by Opsgenie, by a service of one's own, and by a file", async () => {
    services.recipients = ["alice@acme.test"];
    assert.equal((await look("onCall", "og")).holds, true);
    assert.equal((await look("onCall", "og", "bob")).holds, false);
    const another = { data: { _parent: { id: "another" }, onCallRecipients: ["alice@acme.test"] } };
    services.instead = (response) => response.end(JSON.stringify(another));
    now += 60_000;
    assert.match((await look("onCall", "og")).why ?? "", /answered about another schedule/);
    const disabled = { data: { ...another.data, _parent: { id: OG_SCHEDULE, enabled: false } } };
    services.instead = (response) => response.end(JSON.stringify(disabled));
    assert.match((await look("onCall", "og")).why ?? "", /the schedule is disabled in Opsgenie/);
    services.instead = (response) => response.end(JSON.stringify({ onCall: ["ALICE@acme.test", "bob"] }));
    assert.equal((await look("onCall", "own")).holds, true);
    assert.equal((await look("onCall", "own", "bob")).holds, true);
    const rotation = "timeZone: UTC\nrotations: [{ people: [alice, bob], start: 2026-11-23 03:12, days: 1 }]";
    await writeFile(join(dir, "schedule.yaml"), rotation);
    assert.equal((await look("onCall", "desk")).holds, true);
    now += 86_400_000;
    assert.equal((await look("onCall", "desk")).why, "not on call in desk");
    await writeFile(join(dir, "schedule.yaml"), rotation.replace("bob", "mallory"));
    assert.match((await look("onCall", "desk")).why ?? "", /schedule\.yaml names mallory, who is nobody of the policy/);
  });

  it("takes any one of several, also where another can't be read", async () => {
    services.recipients = ["alice@acme.test"];
    assert.equal((await look("onCall", "desk-gone og")).holds, true);
    assert.match(
      (await look("onCall", "desk-gone og", "bob")).why ?? "",
      /^who is on call in desk-gone could not be read .*; not on call in og$/,
    );
  });

  it("keeps a yes for less than a minute, never longer, and no failure at all", async () => {
    services.oncalls = [entry({ email: "alice@acme.test" })];
    const first = now;
    assert.equal((await look("onCall", "pd")).at, first);
    services.oncalls = [];
    now += 44_000;
    assert.deepEqual(await look("onCall", "pd"), { kind: "onCall", of: ["pd"], holds: true, at: first });
    now += 2_000;
    assert.equal((await look("onCall", "pd")).holds, false);
    services.instead = (response) => response.writeHead(500).end();
    now += 60_000;
    assert.equal((await look("onCall", "pd")).holds, false);
    Object.assign(services, { instead: undefined, oncalls: [entry({ email: "alice@acme.test" })] });
    assert.equal((await look("onCall", "pd")).holds, true, "asked again at once after a failure");
    // A kept entry ends when its shift does.
    now += 60_000;
    services.oncalls = [entry({ email: "alice@acme.test", end: new Date(now + 10_000).toISOString() })];
    assert.equal((await look("onCall", "pd")).holds, true);
    now += 10_000;
    assert.equal((await look("onCall", "pd")).holds, false);
    // Nor is one kept for longer where the clock is set back.
    now += 60_000;
    services.oncalls = [entry({ email: "alice@acme.test" })];
    assert.equal((await look("onCall", "pd")).holds, true);
    services.oncalls = [];
    now -= 600_000;
    assert.equal((await look("onCall", "pd")).holds, false);
  });

  it("asks a service once for all who ask meanwhile", async () => {
    services.oncalls = [entry({ email: "alice@acme.test" })];
    await Promise.all([look("onCall", "pd"), look("onCall", "pd", "bob"), look("onCall", "pd", "carol")]);
    assert.equal(services.asked.length, 1);
  });

  it("says no, within 2 seconds and with the reason, whatever a service does instead of answering", async () => {
    const answers: [string, NonNullable<OnCallServices["instead"]>, RegExp][] = [
      ["does not let us in", (response) => response.writeHead(401).end("{}"), /PagerDuty does not let us in \(401\)/],
      ["is overrun", (response) => response.writeHead(429, { "retry-after": "30" }).end(), /asks to wait \(429\)/],
      ["fails", (response) => response.writeHead(502).end("<html>"), /answered 502/],
      [
        "sends us elsewhere",
        (response) => response.writeHead(302, { location: services.url }).end(),
        /wants us elsewhere \(302\)/,
      ],
      ["babbles", (response) => response.end("<html>it works</html>"), /something else than JSON/],
      [
        "answers something else",
        (response) => response.end('{"oncalls":[{"user":"alice@acme.test"}]}'),
        /something else than who is on call/,
      ],
      ["never ends", (response) => response.write("[".repeat(1_100_000)), /something else than JSON/],
      [
        "never ends its pages",
        (response) => response.end(JSON.stringify({ oncalls: [], more: true })),
        /more than 1000 entries/,
      ],
      ["breaks off", (response) => response.destroy(), /could not be reached/],
    ];
    for (const [what, instead, why] of answers) {
      services.instead = instead;
      const seen = await look("onCall", "pd");
      assert.equal(seen.holds, false, what);
      assert.match(seen.why ?? "", why, what);
    }
    services.instead = () => undefined;
    const began = performance.now();
    assert.match((await look("onCall", "pd")).why ?? "", /in time/);
    assert.ok(performance.now() - began < 3_500, "it was waited for too long");
    assert.match((await look("onCall", "unset")).why ?? "", /the secret for PagerDuty is not set here/);
    assert.doesNotMatch(log.lines().join("\n"), /pd-secret|og-secret/);
  });

  it("knows an incident by its own channel alone, where that is one now", async () => {
    assert.equal((await look("incident", "channel")).holds, true);
    const no: [ChannelStanding, RegExp][] = [
      [{ kind: "archived" }, /is archived/],
      [{ kind: "missing" }, /not there any more/],
      [{ kind: "unknown" }, /could not be read/],
      // Whoever asks again goes on in the earlier request's channel, which may be the one of all.
      [{ kind: "open", name: "incidents" }, /not asked for in an incident's own channel/],
    ];
    for (const [standing, why] of no) {
      channel = standing;
      assert.match((await look("incident", "channel")).why ?? "", why);
    }
    channel = { kind: "open", name: "inc-42" };
    const [elsewhere] = await see(policy, { target: "a", role: "b", by: by("alice") }, [
      { kind: "incident", of: ["channel"] },
    ]);
    assert.equal(elsewhere?.holds, false);
  });

  it("asks a service of one's own about an incident by target, role and channel, and for a plain yes", async () => {
    services.instead = (response) => response.end('{"open":true}');
    assert.equal((await look("incident", "tracker")).holds, true);
    assert.deepEqual(services.asked, ["GET /incidents?team=sre&target=orders-db&role=writer&channel=C0INC42"]);
    services.instead = (response) => response.end('{"open":"yes"}');
    now += 60_000;
    assert.match((await look("incident", "tracker")).why ?? "", /something else than \{ "open": true \}/);
    services.instead = (response) => response.end('{"open":false}');
    assert.equal((await look("incident", "tracker")).why, "no incident is open by tracker");
  });
});

function policyText(url: string): string {
  return `
version: 1
channels: { approvals: C0APPROVALS, incidents: C0INCIDENTS, security: C0SECURITY, incidentChannels: "^inc-" }
people:
  alice: { name: Alice Ng, slack: U0ALICE, email: alice@acme.test }
  bob: { name: Bob Ortiz, slack: U0BOB, email: bob@acme.test, pagerduty: PBOBBOB }
  carol: { name: Carol Diaz, slack: U0CAROL }
schedules:
  pd: { pagerduty: { schedule: ${PD_SCHEDULE}, token: ${TOKEN}, api: "${url}" } }
  unset: { pagerduty: { schedule: ${PD_SCHEDULE}, token: "$\{PAGERDUTY_TOKEN}", api: "${url}" } }
  og: { opsgenie: { schedule: ${OG_SCHEDULE}, key: ${KEY}, api: "${url}" } }
  own: { http: { url: "${url}/rota" } }
  desk: { file: schedule.yaml }
  desk-gone: { file: gone.yaml }
incidents:
  tracker: { http: { url: "${url}/incidents?team=sre", header: "Authorization: Bearer t" } }
targets: {}
`;
}
