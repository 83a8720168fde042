import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ALICE, APPROVALS, BOB, INC_42, INCIDENTS } from "../support/acme.ts";
import { type } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { logKept } from "../support/kept-log.ts";
import { idIn, openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { PD_SCHEDULE, startOnCallServices, TOKEN, type OnCallServices } from "../facts/on-call-services.ts";

const targets = ({ yaml }: CommandTarget, url: string) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      reader:
        grant: {}
        requesters: [sre]
        approval: { automatic: { when: [{ onCall: [rota, pd] }, { incident: channel }] }, approvers: [leads] }
        duration: { default: 15m, max: 30m }
      alone:
        grant: {}
        requesters: [sre]
        approval: { automatic: { when: [{ onCall: pd }] } }
        duration: { default: 15m, max: 30m }
schedules:
  rota: { http: { url: "${url}/rota" } }
  pd: { pagerduty: { schedule: ${PD_SCHEDULE}, token: "$\{PAGERDUTY_TOKEN}", api: "${url}" } }
`;

describe("policy approves by itself on facts, asked of the services that know them", () => {
  const kept = logKept();
  let services: OnCallServices;
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    [services, target] = await Promise.all([startOnCallServices(), commandTarget()]);
    stage = await openStage({
      ...{ targets: targets(target, services.url), slack: UNHURRIED, log: kept.log },
      env: { PAGERDUTY_TOKEN: TOKEN },
    });
  });
  after(async () => {
    await stage.stop();
    await Promise.all([services.close(), target.remove()]);
  });

  it("gives access to whoever is on call and asks in an incident's channel, and asks people for everybody else", async () => {
    services.instead = (response) => response.end('{"onCall":["alice"]}');
    const asked = await type(stage, ALICE, "db reader INC-42 stuck", { channel: INC_42 });
    assert.match(asked.text, /approved by policy/);
    await stage.line(INC_42, idIn(asked.text), /by itself: on call in rota or pd and incident open by channel\./);
    await stage.line(INC_42, idIn(asked.text), /Access is on/);

    const bob = await type(stage, BOB, "db reader INC-42 stuck", { channel: INC_42 });
    assert.match(
      bob.text,
      /A person decides: .* this does not hold: not on call in rota; who is on call in pd could not be read/,
    );
    await stage.message(APPROVALS, new RegExp(idIn(bob.text)));

    assert.match(
      (await type(stage, BOB, "who db")).text,
      /reader is approved by policy while its facts hold, and else takes 1 of Carol Diaz.*\nalone is approved by policy while its facts hold\./,
    );

    // The very same, asked for in another channel than an incident's.
    await type(stage, ALICE, `end ${idIn(asked.text)}`);
    const elsewhere = await type(stage, ALICE, "db reader INC-42 stuck", { channel: INCIDENTS });
    assert.match(elsewhere.text, /not asked for in an incident's own channel/);
  });

  it("acks within a second and answers within three while a service hangs, with the reason, and without its secret", async () => {
    services.instead = () => undefined;
    const began = performance.now();
    const { ms, text } = await type(stage, BOB, "db alone INC-42 stuck", { channel: INC_42 });
    assert.ok(ms < 1_000, `the ack took ${ms} ms`);
    assert.ok(performance.now() - began < 3_000, "the answer took longer");
    assert.match(
      text,
      /who is on call in pd could not be read \(PagerDuty did not answer in time\)\. Nobody else can approve it/,
    );
    assert.match(kept.lines().join("\n"), /a fact could not be read.*PagerDuty did not answer in time/);
    assert.doesNotMatch(kept.lines().join("\n"), new RegExp(TOKEN));
    assert.equal(
      (await target.granted()).some((name) => name.includes("bob")),
      false,
    );
  });
});
