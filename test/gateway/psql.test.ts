import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openGateway, type GatewayScene, type OpenGrant } from "../support/gateway.ts";

const has = (program: string) => spawnSync(program, ["--version"]).status === 0;

describe("Postgres's own clients through the gateway", () => {
  let scene: GatewayScene;
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-psql-"));
    scene = await openGateway();
  });
  after(async () => {
    await scene.stop();
    await rm(dir, { recursive: true, force: true });
  });

  /** Runs a program as the requester would. @returns what it prints */
  async function run(program: string, grant: OpenGrant, args: readonly string[], input = ""): Promise<string> {
    const env = { ...process.env, PGPASSWORD: grant.credential.password.reveal() };
    const where = ["-h", "127.0.0.1", "-p", String(scene.port), "-U", grant.credential.user];
    return await new Promise((resolve) => {
      const child = execFile(program, [...where, ...args], { env }, (_error, stdout, stderr) => {
        resolve(`${stdout}${stderr}`);
      });
      child.stdin?.end(input);
    });
  }

  it("psql: statements, \\copy both ways, an error", { skip: !has("psql") && "there is no psql" }, async () => {
    const grant = await scene.grant();
    const said = await run(
      ...(["psql", grant, ["-X", "-d", "postgres"]] as const),
      "select count(*) from orders;\n\\copy orders from stdin\n10\n11\n\\.\n\\copy orders to stdout\nbegin;\nselect 1/0;\nrollback;\n",
    );
    assert.match(said, /count[^]*COPY 2\n1\n10\n11\nBEGIN\nROLLBACK\nERROR: {2}division by zero/);
    assert.deepEqual(
      grant.recorder.lines.map((line) => line.replaceAll(/ +/g, " ")),
      [
        "select count(*) from orders; → SELECT 1, 1 rows",
        "COPY orders FROM STDIN → COPY 2, 2 rows",
        "COPY orders TO STDOUT → COPY 3, 3 rows",
        "begin; → BEGIN",
        "select 1/0; → 22012 division by zero",
        "rollback; → ROLLBACK",
      ],
    );
  });

  it("pgbench: eight at once, in every protocol", { skip: !has("pgbench") && "there is no pgbench" }, async () => {
    const file = join(dir, "work.sql");
    await writeFile(file, "SELECT 1;\nUPDATE orders SET id = id WHERE id = 1;\n");
    const piped = join(dir, "piped.sql");
    await writeFile(piped, "\\startpipeline\nSELECT 1;\nSELECT 2;\n\\endpipeline\n");
    for (const [mode, script] of [
      ...["simple", "extended", "prepared"].map((each) => [each, file] as const),
      ["extended", piped] as const,
    ]) {
      const grant = await scene.grant({ connectionLimit: 10 });
      const said = await run("pgbench", grant, ["-n", "-M", mode, "-c", "8", "-t", "20", "-f", script, "postgres"]);
      assert.match(said, /actually processed: 160\/160/, mode);
      const kinds = grant.recorder.all.map(({ ended }) => ended?.command ?? "none");
      assert.equal(kinds.length, 320);
      assert.ok(kinds.every((kind) => kind === "SELECT 1" || kind === "UPDATE 1"));
    }
  });
});
