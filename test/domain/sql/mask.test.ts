import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { classify } from "../../../src/domain/sql/classify.ts";
import { mask, maskMessage } from "../../../src/domain/sql/mask.ts";

const columns = ["email", "card_number"];
const masked = (sql: string, options = { columns }) => mask(sql, undefined, options).sql;

describe("what is written down of a statement", () => {
  it("is the statement itself where it names nothing that is masked", () => {
    const sql = "UPDATE orders SET status = 'queued' WHERE id = 17 -- stuck";
    assert.deepEqual(mask(sql, ["17", null], { columns }), { sql, parameters: ["17", null], isMasked: false });
  });

  it("has no value where it names a masked column, wherever that stands", () => {
    for (const [sql, written] of [
      ["SELECT * FROM people WHERE email = 'a@b.test'", "SELECT * FROM people WHERE email = '***'"],
      ["SELECT 'a@b.test' = EMAIL FROM p", "SELECT '***' = EMAIL FROM p"],
      ['UPDATE p SET "email" = $x$a@b.test$x$ WHERE id = 12', `UPDATE p SET "email" = '***' WHERE id = ***`],
      ["UPDATE p SET card_number = 4111111111111111", "UPDATE p SET card_number = ***"],
      ["SELECT 1 /* a@b.test */ -- email\n, 2", "SELECT *** /* *** */ /* *** */\n, ***"],
      ["DO $$ BEGIN UPDATE p SET email = 'a@b.test'; END $$", "DO '***'"],
      ["INSERT INTO p (email) VALUES (E'a\\'b@c')", "INSERT INTO p (email) VALUES ('***')"],
    ] as const)
      assert.equal(masked(sql), written, sql);
  });

  it("has no value where the columns are not named: which they are can't be told", () => {
    assert.equal(masked("INSERT INTO p VALUES (1, 'a@b.test')"), "INSERT INTO p VALUES (***, '***')");
    for (const sql of [
      "INSERT/**/INTO p/**/VALUES ('a@b.test')",
      "INSERT INTO s.p -- (email)\n SELECT 'a@b.test'",
      "MERGE INTO p USING q ON p.id = q.id WHEN NOT MATCHED THEN INSERT VALUES ('a@b.test')",
      "DO $$ BEGIN INSERT INTO p VALUES ('a@b.test'); END $$",
    ])
      assert.doesNotMatch(masked(sql), /a@b/, sql);
    assert.equal(masked("INSERT INTO s.p (id) VALUES ('a')"), "INSERT INTO s.p (id) VALUES ('a')");
    assert.equal(masked("EXECUTE p('a@b.test')"), "EXECUTE p('***')");
    assert.deepEqual(mask('[the prepared statement "p"]', ["a@b.test"], { columns }).parameters, ["***"]);
    assert.equal(
      masked("SELECT U&\"em\\0061il\" FROM p WHERE 1 = 1 OR a = 'x'"),
      `SELECT '***' FROM p WHERE *** = *** OR a = '***'`,
    );
    assert.equal(mask("SELECT 'x'", undefined, { columns, isCut: true }).sql, "SELECT '***'");
    assert.equal(mask("SELECT 'x'", undefined, { columns: [], isCut: true }).sql, "SELECT 'x'");
  });

  it("has no bound value either", () => {
    const { parameters, isMasked } = mask("UPDATE p SET email = $1 WHERE id = $2", ["a@b.test", null], { columns });
    assert.deepEqual({ parameters, isMasked }, { parameters: ["***", null], isMasked: true });
  });

  it("never has a password, whatever the policy names", () => {
    for (const sql of [
      "ALTER ROLE x WITH LOGIN ENCRYPTED PASSWORD 'hunter2'",
      "create user x password $$hunter2$$",
      "CREATE USER 'x' IDENTIFIED BY 'hunter2'",
      "SELECT dblink_connect('host=x user=y pwd=hunter2')",
      "CREATE SUBSCRIPTION s CONNECTION 'host=x hunter2' PUBLICATION p",
      "CREATE USER MAPPING FOR x SERVER s OPTIONS (user 'y', password 'hunter2')",
      "COPY t FROM PROGRAM 'curl -u me:hunter2 x'",
      "SELECT set_config('app.secret', 'hunter2', false)",
      "SELECT crypt('hunter2', gen_salt('bf'))",
      "SELECT pgp_sym_encrypt(data, 'hunter2') FROM t",
      "SELECT 'postgres://me:hunter2@host/db'",
      "INSERT INTO api_tokens VALUES ('hunter2')",
      "-- password hunter2\nSELECT 1",
      "ALTER ROLE x PASSWORD 'hunter2",
      'ALTER ROLE x PASSWORD "hunter2"',
      "CREATE USER x PASSWORD hunter2",
      'SELECT * FROM tokens WHERE a = "hunter2!"',
    ])
      assert.doesNotMatch(masked(sql, { columns: [] }), /hunter2/, sql);
    assert.equal(masked('ALTER ROLE "bg_1" PASSWORD NULL'), 'ALTER ROLE "bg_1" PASSWORD NULL');
    assert.deepEqual(mask("SELECT $1", ["https://me:hunter2@host"], { columns: [] }).parameters, ["***"]);
  });

  it("has nothing after a string whose end depends on the session's settings", () => {
    const sql = "UPDATE p SET email = 'a\\' , secret = 'rest'";
    assert.equal(masked(sql), "UPDATE p SET email = '***'");
  });

  it("has nothing of what is too long to be read", () => {
    const { sql } = mask(`SELECT email, '${"x".repeat(200_000)}', 'a@b.test'`, undefined, { columns });
    assert.ok(!sql.includes("a@b.test"));
    assert.ok(sql.length < 100_100);
    const plain = `SELECT '${"x".repeat(200_000)}'`;
    assert.equal(masked(plain), plain);
  });

  it("never lets a value of a masked column through, and does the same as before", () => {
    const value = fc.string({ unit: fc.constantFrom(..."abc '\"\\$-/*;()\n".split("")) }).map((text) => `Zz${text}Zz`);
    fc.assert(
      fc.property(value, fc.constantFrom("$q$", "'", "E'"), (text, quote) => {
        const literal =
          quote === "$q$"
            ? `$q$${text}$q$`
            : quote === "'"
              ? `'${text.replaceAll("'", "''")}'`
              : `E'${text.replaceAll(/[\\']/g, "\\$&")}'`;
        const sql = `UPDATE people SET email = ${literal} WHERE id = 3`;
        const written = masked(sql);
        assert.ok(!written.includes("Zz"), written);
        assert.deepEqual(classify(written)[0]?.tables, ["people"]);
      }),
    );
  });

  it("doesn't repeat a value in what the target said of it", () => {
    assert.equal(
      maskMessage('invalid input syntax for type integer: "a@b.test"'),
      'invalid input syntax for type integer: "***"',
    );
    assert.equal(maskMessage("value 4111111111111111 is out of range"), "value *** is out of range");
  });
});
