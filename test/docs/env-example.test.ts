import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseEnv } from "node:util";
import { readConfig } from "../../src/config.ts";

const read = (name: string): string => readFileSync(join(import.meta.dirname, "../..", name), "utf8");

describe(".env.example", () => {
  it("has every variable that the program reads", () => {
    const [, schema = ""] = /z\.object\(\{([\s\S]*?)\n\}\)/.exec(read("src/config.ts")) ?? [];
    const names = [...schema.matchAll(/^ {2}([A-Za-z_]+):/gm)].map(([, name = ""]) => name);
    assert.ok(names.includes("SLACK_BOT_TOKEN"), "the variables were not found in src/config.ts");
    const shown = Object.keys(parseEnv(read(".env.example")));
    assert.deepEqual(
      names.filter((name) => !shown.includes(name)),
      [],
    );
  });

  it("shows what each variable is when it isn't set", () => {
    assert.deepEqual(readConfig(parseEnv(read(".env.example"))), readConfig({}));
  });
});
