import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { readRuleFiles, readRules } from "../../../src/app/anomaly-rules.ts";
import { begunFacts, endedFacts, endFacts, grantFacts, useFacts } from "../../../src/domain/anomalies/facts-of.ts";
import { judge } from "../../../src/domain/anomalies/judge.ts";
import type { Facts } from "../../../src/domain/anomalies/facts.ts";
import type { Rule } from "../../../src/domain/anomalies/rule.ts";
import type { StatementEnded } from "../../../src/domain/activity.ts";
import { CLOCK } from "../../../src/domain/people.ts";
import { recordedBegun, recordedEnded } from "../../../src/domain/recorded.ts";
import type { RequestState } from "../../../src/domain/request.ts";
import { readConfig } from "../../../src/config.ts";
import { approvedBy, at, by, granted, MINUTE, opened, stateOf, T0, type Happened } from "../given.ts";
import { ran } from "../lives.ts";

const ON: readonly Happened[] = [opened(), approvedBy("carol"), ...granted(15 * MINUTE)];
const on = stateOf(...ON);

/** What the rules see of a statement and of what became of it. */
function ofStatement(sql: string, ended: Partial<StatementEnded> = {}, state = on): Facts[] {
  const begun = recordedBegun(1, { at: T0, session: "1", from: "10.0.0.7", sql }, []);
  return [...begunFacts(state, begun), ...endedFacts(state, recordedEnded(begun, { ms: 1, ...ended }))];
}

function justified(justification: string): RequestState {
  return stateOf(opened({ justification }), approvedBy("carol"), ...granted(15 * MINUTE));
}

function ended(...between: readonly Happened[]): RequestState {
  const recorded_ = ON.map(({ after, event }): Happened => {
    if (event.type !== "RequestOpened") return { after, event };
    return { after, event: { ...event, data: { ...event.data, verdict: { ...event.data.verdict, recorded: true } } } };
  });
  return stateOf(
    ...recorded_,
    ...between,
    at(10 * MINUTE, { type: "RevokeStarted", actor: by("alice"), data: { cause: "ended", endAt: T0 + 10 * MINUTE } }),
    at(10 * MINUTE, { type: "RevokeSucceeded", actor: CLOCK, data: { lateMs: 0, attempt: 1, done: [] } }),
  );
}

function used(...digests: readonly Happened[]): Facts[] {
  const { observed } = stateOf(...ON, ...digests);
  assert.ok(observed);
  return [useFacts(on, observed)];
}

const read = (rows: number) => ran(5 * MINUTE, [{ sql: "SELECT * FROM orders", ended: { ms: 1, rows } }]);

/** For each rule what it is for, and what it must leave alone. */
const CASES: Readonly<
  Record<
    string,
    { readonly fits: readonly Facts[][]; readonly leaves: readonly Facts[][]; readonly at?: readonly [number, number] }
  >
> = {
  "mass-read": {
    fits: [
      ofStatement("SELECT * FROM orders", { rows: 10_000 }),
      ofStatement("COPY orders TO STDOUT", { rows: 10_000 }),
      ofStatement("SELECT * FROM orders; UPDATE orders SET a = 1 WHERE b", {
        rows: 10_001,
        command: "SELECT 10000; UPDATE 1",
      }),
      ofStatement("SELECT body FROM mails", { bytes: 10_000_000, rows: 3 }),
    ],
    leaves: [
      ofStatement("SELECT * FROM orders", { rows: 9_999, bytes: 9_999_999 }),
      ofStatement("UPDATE orders SET a = 1 WHERE b", { rows: 10_000 }),
      ofStatement("SELECT 1; UPDATE orders SET a = 1 WHERE b", { rows: 10_000, command: "SELECT 1; UPDATE 9999" }),
    ],
  },
  "mass-read-in-parts": { fits: [used(read(30_000), read(20_000))], leaves: [used(read(30_000), read(19_999))] },
  export: {
    fits: [ofStatement("COPY orders TO STDOUT")],
    leaves: [ofStatement("COPY orders FROM STDIN"), ofStatement("SELECT 'COPY orders TO STDOUT'")],
  },
  "every-row": {
    fits: [
      ofStatement("DELETE FROM orders"),
      ofStatement("WITH d AS (UPDATE orders SET a = 1 RETURNING *) SELECT 1"),
      ofStatement("UPDATE orders SET a = 1 WHERE true"),
      ofStatement("WITH d AS (DELETE FROM orders RETURNING *) INSERT INTO kept SELECT * FROM d"),
      ofStatement("PREPARE p AS DELETE FROM orders"),
      ofStatement("DO $$ BEGIN FOR r IN SELECT 1 LOOP DELETE FROM orders; END LOOP; END $$"),
      ofStatement("DO $$ BEGIN DELETE FROM orders WHERE (1 = 1); END $$"),
    ],
    leaves: [
      ofStatement("DELETE FROM orders WHERE id = 1"),
      ofStatement("EXPLAIN DELETE FROM orders"),
      ofStatement("SELECT 'DELETE FROM orders'"),
    ],
  },
  "drop-or-truncate": {
    fits: [
      ofStatement("DROP TABLE orders"),
      ofStatement("DO 'BEGIN IF true THEN DROP TABLE orders; END IF; END'"),
      ofStatement("TRUNCATE orders"),
      ofStatement("SELECT 1; drop schema app cascade"),
    ],
    leaves: [ofStatement("DROP INDEX i"), ofStatement("CREATE TABLE x (a int)"), ofStatement("-- DROP TABLE orders")],
  },
  privileges: {
    fits: [
      ofStatement("GRANT ALL ON orders TO alice"),
      ofStatement("CREATE ROLE mallory SUPERUSER"),
      ofStatement("ALTER TABLE orders OWNER TO alice"),
    ],
    leaves: [ofStatement("ALTER TABLE orders ADD COLUMN a int"), ofStatement("SELECT * FROM grants")],
  },
  "own-login": {
    fits: [
      ofStatement("ALTER ROLE bg_7k3m2q PASSWORD 'known'"),
      ofStatement("alter user current_user with password 'known'"),
    ],
    leaves: [ofStatement("ALTER TABLE users ADD COLUMN password text"), ofStatement("SELECT 'ALTER ROLE x'")],
  },
  "another-role": {
    fits: [ofStatement("SET ROLE admin")],
    leaves: [ofStatement("SET search_path = a"), ofStatement("RESET ROLE")],
  },
  secrets: {
    fits: [
      ofStatement("SELECT * FROM app.api_tokens"),
      ofStatement("SELECT rolpassword FROM pg_authid"),
      ofStatement("INSERT INTO user_credentials VALUES (1)"),
    ],
    leaves: [ofStatement("SELECT password FROM orders"), ofStatement("SELECT 'pg_authid'")],
  },
  "server-files": {
    fits: [
      ofStatement("COPY t FROM PROGRAM 'id'"),
      ofStatement("SELECT pg_read_file('/etc/passwd')"),
      ofStatement("SELECT * FROM dblink('a', 'b') AS t(a int)"),
    ],
    leaves: [
      ofStatement("COPY t FROM STDIN"),
      ofStatement("SELECT 'pg_read_file()'"),
      ofStatement("SELECT program FROM t"),
    ],
  },
  "outside-justification": {
    fits: [ofStatement("UPDATE salaries SET a = 1 WHERE b = 2")],
    leaves: [
      ofStatement("UPDATE orders SET a = 1 WHERE b = 2"),
      ofStatement("UPDATE app.order_items SET a = 1 WHERE b"),
      ofStatement("SELECT * FROM salaries"),
      ofStatement("DELETE FROM parties WHERE a = 1", {}, justified("the party that can't be deleted")),
    ],
  },
  "not-read": { fits: [ofStatement(`SELECT '${"x".repeat(200_000)}'`)], leaves: [ofStatement("SELECT 1")] },
  "first-on-target": {
    fits: [[grantFacts(on, [])]],
    leaves: [[grantFacts(on, [{ ...on, openedAt: T0 - MINUTE }])]],
  },
  "unusual-hour": {
    fits: [[grantFacts(on, [])]],
    leaves: [[grantFacts(on, [])]],
    at: [Date.UTC(2026, 10, 23, 3), Date.UTC(2026, 10, 23, 14)],
  },
  "third-request": {
    fits: [
      [
        grantFacts(
          on,
          [1, 2].map((n) => ({ ...on, openedAt: T0 - n * 60 * MINUTE })),
        ),
      ],
    ],
    leaves: [
      [
        grantFacts(
          on,
          [1, 25].map((n) => ({ ...on, openedAt: T0 - n * 60 * MINUTE })),
        ),
      ],
    ],
  },
  "two-addresses": {
    fits: [
      used(read(1), {
        ...read(1),
        event: { ...read(1).event, notes: { addresses: "10.0.0.7, 192.0.2.1" } },
      }),
    ],
    leaves: [used(read(1), read(1))],
  },
  "never-used": {
    fits: [[endFacts(ended())]],
    leaves: [
      [endFacts(ended(read(1)))],
      [endFacts(stateOf(...ON, at(MINUTE, { type: "CredentialRevealed", actor: by("alice"), data: { by: "page" } })))],
    ],
  },
};

describe("the rules that come with the program", () => {
  const { anomalyRules } = readConfig({});
  let byFile: ReadonlyMap<string, Rule>;

  before(async () => {
    const files = await readRuleFiles(anomalyRules);
    byFile = new Map(
      files.flatMap(({ file, rule }) => (rule === undefined ? [] : [[file.replace(/\.yml$/, ""), rule]])),
    );
  });

  it("can be read, and each has its case here", async () => {
    assert.equal((await readRules(anomalyRules)).length, byFile.size);
    assert.deepEqual(
      [...byFile.keys()].toSorted((one, other) => one.localeCompare(other)),
      Object.keys(CASES).toSorted((one, other) => one.localeCompare(other)),
    );
    await assert.rejects(readRules(join(anomalyRules, "none")), { code: "ANOMALY_RULES_INVALID" });
  });

  for (const [name, { fits, leaves, at: moments = [T0, T0] }] of Object.entries(CASES)) {
    const isRaised = (facts: Facts, moment: number) => {
      const rule = byFile.get(name);
      assert.ok(rule);
      return judge([rule], rule.category, facts, { known: new Set(), at: moment }).length > 0;
    };
    it(`${name} is raised`, () => {
      for (const all of fits)
        assert.ok(
          all.some((facts) => isRaised(facts, moments[0])),
          JSON.stringify(all),
        );
    });
    it(`${name} leaves alone what is usual`, () => {
      for (const all of leaves) assert.ok(!all.some((facts) => isRaised(facts, moments[1])), JSON.stringify(all));
    });
  }

  it("see no text of a statement and no value in it", () => {
    const facts = ofStatement("UPDATE orders SET a = 'hunter2' WHERE id = 4711", {
      error: { code: "22000", message: "hunter2" },
    });
    assert.doesNotMatch(JSON.stringify(facts), /hunter2|4711|SET a/);
  });
});
