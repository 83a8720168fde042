import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, it } from "node:test";

const SRC = join(import.meta.dirname, "../src");

/** The floors of ARCHITECTURE.md: a file imports only from lower ones, and rooms on one floor don't import each other. */
const FLOORS: readonly (readonly string[])[] = [
  [
    "errors.ts",
    "log.ts",
    "create-log.ts",
    "scrub.ts",
    "secret.ts",
    "config.ts",
    "connection.ts",
    "key-file.ts",
    "trace.ts",
    "version.ts",
    "siem-config.ts",
    "webhook-settings.ts",
  ],
  ["domain"],
  ["ledger", "vault", "providers", "cards", "charts", "redis", "stepup", "recording", "facts"],
  ["app"],
  ["slack", "teams", "web", "jobs", "gateway", "siem"],
  ["serve", "main.ts"],
  ["demo"],
  ["cli"],
];

interface File {
  /** From src/, `domain/text.ts`. */
  readonly path: string;
  readonly text: string;
}

const room = (path: string) => path.split("/")[0] ?? path;
const floorOf = (path: string) => FLOORS.findIndex((rooms) => rooms.includes(room(path)));

function wrongImports({ path, text }: File): string[] {
  const imported = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, to = ""]) =>
    join(dirname(path), to),
  );
  return imported
    .filter((to) => room(to) !== room(path))
    .filter((to) => {
      const above = floorOf(to) > floorOf(path);
      // Floor 0 and floor 5 are single files, which may know each other.
      const beside = floorOf(to) === floorOf(path) && ![0, 5].includes(floorOf(path));
      return floorOf(to) === -1 || above || beside;
    })
    .map((to) => `${path} imports ${to}`);
}

/** Decisions are pure: what they know of time, chance and surroundings comes as an argument. */
function impurities({ path, text }: File): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  return [/\bDate\.now\b/, /\bnew Date\(\)/, /\bprocess\./, /\bMath\.random\b/, /\bawait\b/, /\bsetTimeout\b/]
    .filter((impure) => impure.test(code))
    .map((impure) => `${path} has ${String(impure)}`);
}

function misnamed(path: string): boolean {
  return (
    /(^|\/)(utils?|helpers?|common|ports?|misc)(\/|\.|-|$)/.test(path) ||
    !/^[a-z0-9-/]+\.(ts|js|css|html|svg|json)$/.test(path)
  );
}

const files: File[] = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(SRC, join(entry.parentPath, entry.name)))
  .map((path) => ({ path, text: readFileSync(join(SRC, path), "utf8") }));
const code = files.filter(({ path }) => path.endsWith(".ts"));

describe("the rooms", () => {
  it("stand on floors, and every file on one", () => {
    assert.ok(code.length > 100);
    assert.deepEqual(
      code.filter(({ path }) => floorOf(path) === -1).map(({ path }) => path),
      [],
    );
  });

  it("import only from lower floors, and not from beside", () => {
    assert.deepEqual(code.flatMap(wrongImports), []);
    const up = { path: "domain/bad.ts", text: 'import { x } from "../ledger/entry.ts";' };
    const beside = { path: "ledger/bad.ts", text: 'import type { x } from "../vault/envelope.ts";' };
    assert.deepEqual([up, beside].flatMap(wrongImports), [
      "domain/bad.ts imports ledger/entry.ts",
      "ledger/bad.ts imports vault/envelope.ts",
    ]);
  });

  it("keep the domain pure", () => {
    assert.deepEqual(code.filter(({ path }) => room(path) === "domain").flatMap(impurities), []);
    assert.equal(impurities({ path: "domain/bad.ts", text: "export const now = Date.now();" }).length, 1);
  });

  it("hold small files with honest names", () => {
    assert.deepEqual(
      files.filter(({ path }) => misnamed(path)).map(({ path }) => path),
      [],
    );
    assert.deepEqual(
      code.filter(({ text }) => text.split("\n").length > 400).map(({ path }) => path),
      [],
    );
    assert.ok(["slack/utils.ts", "app/helpers/x.ts", "app/someThing.ts"].every(misnamed));
  });
});

describe("the door for people", () => {
  /** Every registered listener, by file: a new way in must be added here, and somebody must ask whether it ends in the one door. */
  const LISTENERS: Readonly<Record<string, readonly string[]>> = {
    "slack/on-command.ts": ["command"],
    "slack/on-button.ts": ["action"],
    "slack/on-form.ts": ["action", "view"],
    // Draws somebody's home, and changes nothing.
    "slack/on-home.ts": ["event"],
  };

  it("is the only one: the Slack listeners are these, and none decides or records", () => {
    const slack = code.filter(({ path }) => room(path) === "slack");
    const found = slack.flatMap(({ path, text }) => {
      const kinds = [...text.matchAll(/\bapp\.(command|action|view|event|shortcut|options|message)\b/g)].map(
        ([, kind]) => kind,
      );
      return kinds.length === 0 ? [] : [[path, kinds] as const];
    });
    assert.deepEqual(Object.fromEntries(found), LISTENERS);
    assertNoDecisions(slack);
  });

  it("is the only one: what Teams sends is read in these files, and none decides or records", () => {
    const teams = code.filter(({ path }) => room(path) === "teams");
    const ordering = teams.filter(({ text }) => /\bhandle\(/.test(text)).map(({ path }) => path);
    assert.deepEqual(ordering.toSorted(), [
      "teams/on-action.ts",
      "teams/on-dialog.ts",
      "teams/on-message.ts",
      "teams/review-dialog.ts",
    ]);
    assertNoDecisions(teams);
  });

  it("is reached through Microsoft's SDK in one file, so that its successor can take its place", () => {
    const importers = code.filter(({ text }) => /(from |import\()"(botbuilder|botframework)[^"]*"/.test(text));
    assert.deepEqual(
      importers.map(({ path }) => path),
      ["teams/bot-framework.ts"],
    );
  });

  function assertNoDecisions(edge: readonly File[]): void {
    for (const { path, text } of edge) {
      assert.doesNotMatch(text, /domain\/decide\.ts";[\s\S]*\bdecide\(/, path);
      assert.doesNotMatch(text, /\.\.\/ledger\//, `${path} must not reach the ledger`);
    }
  }
});
