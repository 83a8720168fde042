import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openGateway, type GatewayScene, type OpenGrant } from "../support/gateway.ts";
import { say, WireSession } from "../support/wire-session.ts";

describe("what is recorded of messages said one by one, on a real Postgres", () => {
  let scene: GatewayScene;
  before(async () => {
    scene = await openGateway();
    await scene.server.admin.query("CREATE SEQUENCE counted; GRANT USAGE ON SEQUENCE counted TO orders_writer");
  });
  after(() => scene.stop());

  const begin = async (): Promise<{ grant: OpenGrant; wire: WireSession }> => {
    const grant = await scene.grant();
    return { grant, wire: new WireSession(await scene.connect(grant)) };
  };

  it("batches: several statements at once, and one for all of them that come after a failure", async () => {
    const { grant, wire } = await begin();
    const one = (sql: string, ...values: string[]) => [
      say.parse("", sql),
      say.bind("", "", ...values),
      say.describe("P", ""),
      say.execute(""),
    ];
    wire.send(...one("SELECT $1::int", "1"), ...one("SELECT $1::int", "x"), ...one("SELECT 3"), say.sync());
    assert.equal(await wire.types(), "12TDC1EZ");
    wire.send(...one("SELEC 4"), say.sync(), ...one("SELECT 5"), say.sync());
    assert.equal(await wire.types(2), "EZ12TDCZ");
    assert.deepEqual(grant.recorder.lines, [
      'SELECT $1::int ["1"] → SELECT 1, 1 rows',
      'SELECT $1::int ["x"] → 22P02 invalid input syntax for type integer: "x"',
      'SELECT 3 → 22P02 not run: invalid input syntax for type integer: "x"',
      'SELEC 4 → 42601 syntax error at or near "SELEC"',
      "SELECT 5 → SELECT 1, 1 rows",
    ]);
    wire.send(say.parse("p", "SELEC 6"), say.sync());
    await wire.types();
    assert.equal(grant.recorder.lines.at(-1), 'SELEC 6 → 42601 syntax error at or near "SELEC"');
  });

  it("portals: a statement whose rows are fetched in parts is one, and is over with its portal", async () => {
    const { grant, wire } = await begin();
    wire.send(
      say.query("BEGIN"),
      say.parse("", "SELECT generate_series(1, 5)"),
      say.bind("p", ""),
      say.execute("p", 2),
    );
    wire.send(say.sync());
    assert.equal(await wire.types(2), "CZ12DDsZ");
    assert.match(grant.recorder.lines.at(-1) ?? "", /→ …$/);
    wire.send(say.execute("p", 2), say.execute("p", 2), say.sync());
    assert.equal(await wire.types(), "DDsDCZ");
    assert.equal(grant.recorder.lines.at(-1), "SELECT generate_series(1, 5) → SELECT 1, 5 rows");

    wire.send(say.bind("q", ""), say.execute("q", 1), say.close("P", "q"), say.bind("r", ""), say.sync());
    assert.equal(await wire.types(), "2Ds32Z");
    assert.deepEqual(grant.recorder.lines.slice(-2), [
      "SELECT generate_series(1, 5) → 1 rows",
      "SELECT generate_series(1, 5) → …",
    ]);
    wire.send(say.query("COMMIT"));
    await wire.types();
    assert.equal(grant.recorder.lines.at(-2), "SELECT generate_series(1, 5) → ");

    wire.send(say.query("BEGIN; DECLARE c CURSOR FOR SELECT generate_series(1, 3)"), say.execute("c"), say.sync());
    assert.equal(await wire.types(2), "CCZDDDCZ");
    assert.equal(grant.recorder.lines.at(-1), 'FETCH ALL FROM "c" → SELECT 3, 3 rows');
  });

  it("COPY, both ways and in both protocols: how much, and never what", async () => {
    const { grant, wire } = await begin();
    wire.send(say.query("COPY orders FROM STDIN"));
    assert.equal((await wire.until("G")).length, 1);
    wire.send(say.copyData("100\n200\n"), say.sync(), say.copyData("300\n"), say.copyDone());
    assert.equal(await wire.types(), "CZ");
    wire.send(say.query("COPY (SELECT id FROM orders WHERE id >= 100 ORDER BY id) TO STDOUT"));
    assert.equal(await wire.types(), "HdddcCZ");
    wire.send(say.parse("", "COPY orders FROM STDIN"), say.bind("", ""), say.execute(""), say.sync());
    assert.equal((await wire.until("G")).length, 3);
    wire.send(say.copyData("400\n"), say.copyDone(), say.sync());
    assert.equal(await wire.types(), "CZ");
    wire.send(say.parse("", "COPY orders FROM STDIN"), say.bind("", ""), say.execute(""));
    wire.send(say.copyData("500\n"), say.copyDone(), say.sync(), say.query("SELECT 1"));
    assert.equal(await wire.types(2), "12GCZTDCZ");
    wire.send(say.query("COPY orders FROM STDIN"), say.copyData("x\n"), say.copyDone(), say.query("SELECT 2"));
    assert.equal(await wire.types(2), "GEZTDCZ");
    wire.send(say.query("COPY orders FROM STDIN"), say.copyFail("no more"), say.query("SELECT 3"));
    assert.equal(await wire.types(2), "GEZTDCZ");
    assert.deepEqual(
      grant.recorder.all.map(({ sql, ended }) => [
        sql.slice(0, 16),
        ended?.command ?? ended?.error?.code,
        ended?.bytes,
      ]),
      [
        ["COPY orders FROM", "COPY 3", 12],
        ["COPY (SELECT id ", "COPY 3", 12],
        ["COPY orders FROM", "COPY 1", 4],
        ["COPY orders FROM", "COPY 1", 4],
        ["SELECT 1", "SELECT 1", 7],
        ["COPY orders FROM", "22P02", 2],
        ["SELECT 2", "SELECT 1", 7],
        ["COPY orders FROM", "57014", undefined],
        ["SELECT 3", "SELECT 1", 7],
      ],
    );
  });

  it("a function that is called by its oid", async () => {
    const { grant, wire } = await begin();
    const { rows } = await scene.server.admin.query<{ oid: number }>("SELECT 'int4pl'::regproc::oid AS oid");
    const oid = rows[0]?.oid ?? 0;
    wire.send(say.call(oid, "1", "2"), say.call(1, "x"));
    assert.equal(await wire.types(2), "VZEZ");
    assert.match(grant.recorder.lines[0] ?? "", new RegExp(`function with oid ${oid} \\*/ \\["1","2"\\] → $`));
    assert.match(grant.recorder.lines[1] ?? "", /oid 1 \*\/ \["x"\] → \d\w{4} /);
  });

  it("what a bound statement may do before it is executed: planning runs functions", async () => {
    await scene.server.admin.query(
      "CREATE FUNCTION sly(int) RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT nextval('counted')::int $$",
    );
    const { grant, wire } = await begin();
    wire.send(say.parse("", "SELECT 1 WHERE sly(1) > 0"), say.bind("", ""), say.sync());
    assert.equal(await wire.types(), "12Z");
    assert.deepEqual(grant.recorder.lines, ["SELECT 1 WHERE sly(1) > 0 → "]);
    const { rows } = await scene.server.admin.query("SELECT is_called FROM counted");
    assert.deepEqual(rows, [{ is_called: true }]);
  });

  it("never another text than what runs: where a name may stand for two, both are said", async () => {
    const { grant, wire } = await begin();
    // The second Parse fails, because the name is taken; what is bound in the next batch is the first.
    wire.send(say.parse("s", "DELETE FROM orders WHERE id = 900"), say.sync());
    await wire.types();
    wire.send(say.parse("s", "SELECT 1"), say.sync(), say.bind("", "s"), say.execute(""), say.sync());
    assert.equal(await wire.types(2), "EZ2CZ");
    assert.match(grant.recorder.lines.at(-1) ?? "", /^SELECT 1 → 42P05 /);
    const told = grant.recorder.all.at(-2);
    assert.match(told?.sql ?? "", /one of 2 .*DELETE FROM orders[^]*one of 2 .*SELECT 1/);
    assert.equal(told?.ended?.command, "DELETE 0");
    // When the target has said so, it is known again.
    wire.send(say.bind("", "s"), say.execute(""), say.sync());
    await wire.types();
    assert.equal(grant.recorder.all.at(-1)?.sql, "DELETE FROM orders WHERE id = 900");
    // By SQL a name can be made to stand for something else.
    wire.send(say.query("DEALLOCATE s; PREPARE s AS UPDATE orders SET id = id WHERE id = 901"));
    await wire.types();
    wire.send(say.bind("", "s"), say.execute(""), say.sync());
    await wire.types();
    assert.equal(grant.recorder.all.at(-1)?.sql, 'EXECUTE "s"');
    assert.equal(grant.recorder.all.at(-1)?.ended?.command, "UPDATE 0");
    wire.send(say.close("S", "s"), say.parse("s", "SELECT 7"), say.bind("", "s"), say.execute(""), say.sync());
    assert.equal(await wire.types(), "312DCZ");
    assert.equal(grant.recorder.lines.at(-1), "SELECT 7 → SELECT 1, 1 rows");
  });
});
