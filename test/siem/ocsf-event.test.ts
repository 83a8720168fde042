import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { z } from "zod";
import type { Step } from "../../src/app/ledger-steps.ts";
import { EVENT_DATA, type NewEvent } from "../../src/domain/events.ts";
import { evolve, type RequestState } from "../../src/domain/request.ts";
import { EMPTY, eventOf, parseEntry, seal } from "../../src/ledger/entry.ts";
import { ocsfEvent } from "../../src/siem/ocsf-event.ts";
import { syslogFrame } from "../../src/siem/syslog-frame.ts";
import { ID, T0 } from "../domain/given.ts";
import { LIVES } from "../domain/lives.ts";
import { OF_NO_REQUEST } from "../domain/of-no-request.ts";

const needs = z.object({ required: z.array(z.string()).default([]), atLeastOne: z.array(z.string()).optional() });
const schema = z
  .object({
    base: z.array(z.string()),
    classes: z.record(z.string(), needs.extend({ category: z.int(), activities: z.array(z.int()) })),
    objects: z.record(z.string(), needs),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "../fixtures/ocsf-1.8.0.json"), "utf8")));

/** One of each, as recorded, with its request as it was. */
function steps(): Step[] {
  const step = (event: NewEvent, at: number, before?: RequestState): Step => {
    const place = {
      at,
      salt: () => "s".repeat(22),
      request: before === undefined && !isOpening(event) ? undefined : ID,
    };
    const entry = parseEntry(JSON.stringify(seal(event, EMPTY, place)));
    const recorded = eventOf(entry);
    assert.ok(recorded);
    return {
      entry,
      event: recorded,
      before,
      after: place.request === undefined ? undefined : evolve(before, recorded, ID),
    };
  };
  const lived = Object.values(LIVES).flatMap((life) => {
    let state: RequestState | undefined;
    return life.map(({ after, event }) => {
      const next = step(event, T0 + after, state);
      state = next.after;
      return next;
    });
  });
  const known = lived.find(({ event }) => event?.type === "GrantSucceeded")?.after;
  return [
    ...lived,
    ...OF_NO_REQUEST.map((event) => step(event, T0, event.type === "AnomalyRaised" ? known : undefined)),
  ];
}

const isOpening = ({ type }: NewEvent) => type === "RequestOpened";
const STEPS = steps();

function missing(has: Readonly<Record<string, unknown>>, { required, atLeastOne }: z.output<typeof needs>): string[] {
  const isThere = (name: string) => has[name] !== undefined && has[name] !== "";
  const some = atLeastOne === undefined || atLeastOne.some(isThere) ? [] : [`one of ${atLeastOne.join(", ")}`];
  return [...required.filter((name) => !isThere(name)), ...some];
}

describe("an event of the ledger in OCSF", () => {
  it("is there for each type of event, and has what its class requires", () => {
    const seen = new Set(STEPS.map(({ event }) => event?.type));
    assert.deepEqual(
      Object.keys(EVENT_DATA).filter((type) => !seen.has(type as NewEvent["type"])),
      [],
    );
    for (const step of STEPS) {
      const event = z.record(z.string(), z.unknown()).parse(JSON.parse(ocsfEvent(step, true).json));
      const of = `${step.entry.type}: ${JSON.stringify(event)}`;
      const own = schema.classes[String(event["class_uid"])];
      assert.ok(own, of);
      assert.deepEqual(missing(event, { required: schema.base }), [], of);
      assert.deepEqual(missing(event, own), [], of);
      assert.equal(event["category_uid"], own.category, of);
      assert.ok([...own.activities, 99].includes(Number(event["activity_id"])), of);
      assert.equal(event["type_uid"], Number(event["class_uid"]) * 100 + Number(event["activity_id"]), of);
      for (const [name, object] of Object.entries(event)) {
        const needed = schema.objects[name];
        if (needed !== undefined)
          assert.deepEqual(missing(z.looseObject({}).parse(object), needed), [], `${name} of ${of}`);
      }
    }
  });

  it("says who had which access where, and that it is gone", () => {
    const of = (type: string) => {
      const step = STEPS.find(({ entry }) => entry.type === type);
      assert.ok(step);
      return z.looseObject({}).parse(JSON.parse(ocsfEvent(step, false).json));
    };
    const gone = { class_uid: 3005, user: { name: "alice", account: { name: "bg_7k3m2q" } }, privileges: ["writer"] };
    for (const [type, activity] of [
      ["GrantSucceeded", 1],
      ["RevokeSucceeded", 2],
    ] as const) {
      const { class_uid, activity_id, user, privileges, resources, status } = of(type);
      assert.deepEqual({ class_uid, user, privileges }, gone);
      assert.deepEqual(
        [activity_id, resources, status],
        [activity, [{ name: "orders-db", type: "target" }], "Success"],
      );
    }
    assert.equal(of("GrantSucceeded")["message"], "Grant succeeded: BG-7K3M2Q, writer on orders-db");
    assert.deepEqual([of("StepUpFailed")["class_uid"], of("StepUpFailed")["status"]], [3002, "Failure"]);
    assert.deepEqual([of("EmergencyInvoked")["class_uid"], of("EmergencyInvoked")["severity"]], [2004, "High"]);
  });

  it("says of a drill's that it is one, and of no other", () => {
    assert.ok(STEPS.some(({ after }) => after?.drill !== undefined));
    for (const step of STEPS.filter(({ after }) => after !== undefined)) {
      const { json } = ocsfEvent(step, false);
      const { message } = z.looseObject({ message: z.string() }).parse(JSON.parse(json));
      assert.equal(json.includes('"drill":true'), step.after?.drill !== undefined, json);
      assert.equal(message.includes(": DRILL · BG-"), step.after?.drill !== undefined, json);
    }
  });

  it("holds nothing that anybody typed, but for a justification where that is wanted", () => {
    const typed = STEPS.flatMap(({ entry }) => Object.values(entry.notes ?? {}).map(({ text }) => text));
    assert.ok(typed.length > 5 && typed.includes("INC-42 orders stuck after failover"));
    const without = STEPS.map((step) => ocsfEvent(step, false).json).join("\n");
    for (const text of typed) assert.ok(!without.includes(text), text);
    const wanted = STEPS.map((step) => ocsfEvent(step, true).json).join("\n");
    assert.match(wanted, /"comment":"INC-42 orders stuck after failover"/);
    // A drill's is the program's own words.
    for (const text of typed.filter((each) => !/^(INC-42|Drill of)/.test(each)))
      assert.ok(!wanted.includes(text), text);
  });

  it("goes into one frame of syslog, whatever its letters", () => {
    const [first] = STEPS;
    assert.ok(first?.event);
    const entry = { ...first.entry, data: { ...first.entry.data, target: "données\n<1>1 – 🟡" } };
    const frame = syslogFrame(ocsfEvent({ ...first, entry }, true), "breakglass.acme.test");
    assert.match(
      frame,
      /^(\d+) <110>1 2026-11-23T03:12:09\.000Z breakglass\.acme\.test breakglass - RequestOpened - \{[ -~]*\}$/,
    );
    const [, length = "", message = ""] = /^(\d+) ([\s\S]*)$/.exec(frame) ?? [];
    assert.equal(Buffer.byteLength(message), Number(length));
    assert.match(message, /donn\\u00e9es\\n<1>1/);
    for (const step of STEPS) assert.ok(syslogFrame(ocsfEvent(step, true), "a").length < 8_192, step.entry.type);
    const refused = STEPS.find((step) => step.event?.type === "RevokeFailed");
    assert.ok(refused?.event?.type === "RevokeFailed");
    const { event } = refused;
    const data = { ...event.data, problem: "é".repeat(2_000) };
    const long = { ...refused, entry: { ...refused.entry, data }, event: { ...event, data } };
    assert.ok(syslogFrame(ocsfEvent(long, true), "a").length < 8_192);
  });

  it("stands in the table of docs/siem.md, as it is", () => {
    const [, table = ""] = readFileSync(join(import.meta.dirname, "../../docs/siem.md"), "utf8").split(
      "## What is what",
    );
    let uid = "";
    const told = [...table.matchAll(/^\| (\d{4})? ?[^|]*\| (\d+) [^|]*\| ([^|]*)/gm)].flatMap(
      ([, named, activity, events]) => {
        uid = named ?? uid;
        return [...(events ?? "").matchAll(/`(\w+)`/g)].map(([, type]) => `${String(type)} ${uid} ${String(activity)}`);
      },
    );
    const classOf = z.looseObject({ class_uid: z.int(), activity_id: z.int() });
    const are = STEPS.map((step) => {
      const { class_uid, activity_id } = classOf.parse(JSON.parse(ocsfEvent(step, false).json));
      return `${step.entry.type} ${class_uid} ${activity_id}`;
    });
    assert.deepEqual(new Set(told), new Set(are));
  });

  it("is there too for what a later version records", () => {
    const [first] = STEPS;
    assert.ok(first);
    const later = ocsfEvent(
      { ...first, entry: { ...first.entry, type: "MoonRose" }, event: undefined, after: undefined },
      true,
    );
    assert.match(later.json, /"class_uid":3004.*"event_code":"MoonRose"/);
  });
});
