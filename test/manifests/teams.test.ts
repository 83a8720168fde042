import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import Ajv from "ajv-draft-04";
import addFormats from "ajv-formats";
import { unzipSync } from "fflate";
import { z } from "zod";
import { SUBCOMMANDS } from "../../src/domain/subcommands.ts";

const ROOT = join(import.meta.dirname, "../..");
const APP_ID = "aaaa1111-bb22-cc33-dd44-eeeeffff0000";

const manifestSchema = z.looseObject({
  manifestVersion: z.string(),
  id: z.string(),
  bots: z.array(
    z.looseObject({
      botId: z.string(),
      scopes: z.array(z.string()),
      commandLists: z.array(
        z.object({ scopes: z.array(z.string()), commands: z.array(z.object({ title: z.string() }).loose()) }),
      ),
    }),
  ),
});

/** Microsoft's own schema of that version; the package's code wants what it doesn't declare, its schemas don't. */
function complaints(manifest: z.output<typeof manifestSchema>): unknown {
  const home = dirname(createRequire(import.meta.url).resolve("@microsoft/app-manifest/package.json"));
  const path = `build/json-schemas/teams/v${manifest.manifestVersion}/MicrosoftTeams.schema.json`;
  const schema = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(join(home, path), "utf8")));
  const ajv = new Ajv.default({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  return validate(manifest) ? undefined : validate.errors;
}

/** Width and height, as a PNG's header tells them. */
function sizeOf(png: Uint8Array): [number, number] {
  const view = new DataView(png.buffer, png.byteOffset);
  assert.equal(view.getUint32(0), 0x89504e47);
  return [view.getUint32(16), view.getUint32(20)];
}

/** Teams lists twelve commands and no more: `help` has these too. */
const BESIDE: readonly string[] = ["rotate", "who", "home", "drill"];

describe("the Teams app", () => {
  it("is what npm run manifests makes: a manifest that Microsoft's schema takes, with the bot's id, and two icons", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["scripts/manifests.mjs", APP_ID], { cwd: ROOT });
    const files = unzipSync(readFileSync(join(ROOT, stdout.trim())));
    assert.deepEqual(Object.keys(files).toSorted(), ["color.png", "manifest.json", "outline.png"]);
    const manifest = manifestSchema.parse(JSON.parse(new TextDecoder().decode(files["manifest.json"])));
    assert.equal(complaints(manifest), undefined);
    assert.ok(complaints({ ...manifest, accentColor: "red" }), "the schema takes anything");
    assert.equal(manifest.id, APP_ID);
    assert.deepEqual(
      manifest.bots.map(({ botId }) => botId),
      [APP_ID],
    );
    assert.deepEqual(sizeOf(files["color.png"] ?? new Uint8Array()), [192, 192]);
    assert.deepEqual(sizeOf(files["outline.png"] ?? new Uint8Array()), [32, 32]);
  });

  it("lists every command in every scope, and no other", () => {
    const { bots } = manifestSchema.parse(
      JSON.parse(readFileSync(join(ROOT, "manifests/teams/manifest.json"), "utf8")),
    );
    const [bot] = bots;
    assert.ok(bot);
    const listed = bot.commandLists.flatMap(({ scopes, commands }) =>
      scopes.map((scope) => [scope, commands] as const),
    );
    assert.deepEqual(listed.map(([scope]) => scope).toSorted(), bot.scopes.toSorted());
    for (const [, commands] of listed)
      assert.deepEqual(
        commands.map(({ title }) => title).toSorted(),
        SUBCOMMANDS.filter((word) => !BESIDE.includes(word)).toSorted(),
      );
  });

  it("needs to be told which bot it is for", async () => {
    const run = promisify(execFile)(process.execPath, ["scripts/manifests.mjs", "breakglass"], { cwd: ROOT });
    await assert.rejects(run, /Which bot\?/);
  });
});
