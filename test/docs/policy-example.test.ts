import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { z } from "zod";
import { providerChecks } from "../../src/app/provider-checks.ts";
import { namedIn, parseSchedule } from "../../src/domain/on-call/schedule.ts";
import { loadPolicy } from "../../src/domain/policy/load.ts";
import { policySchema } from "../../src/domain/policy/schema.ts";

const read = (name: string): string => readFileSync(join(import.meta.dirname, "../..", name), "utf8");
const env = { ORDERS_DB_ADMIN_URL: "postgres://breakglass:secret@db.acme.test/orders?sslmode=verify-full" };

describe("policy.example.yaml", () => {
  it("loads, with the variables that .env.example names", () => {
    const loaded = loadPolicy(read("policy.example.yaml"), { env, providers: providerChecks });
    assert.deepEqual("problems" in loaded ? loaded.problems : [], []);
    for (const name of Object.keys(env)) assert.match(read(".env.example"), new RegExp(`^${name}=`, "m"));
  });

  it("needs no target's secret in a process that doesn't talk to targets", () => {
    const loaded = loadPolicy(read("policy.example.yaml"), { env: {}, providers: providerChecks, secrets: false });
    assert.ok("policy" in loaded);
  });
});

describe("docs/policy.md", () => {
  it("explains every key of the schema", () => {
    const keys = keysOf(z.toJSONSchema(policySchema, { io: "input", unrepresentable: "any" }));
    assert.ok(keys.size > 30, "the schema's keys were not found");
    const text = read("docs/policy.md");
    const missing = [...keys].filter((key) => !text.includes(`\`${key}\``));
    assert.deepEqual(missing, []);
  });
});

/** The names of all properties in a JSON Schema. */
function keysOf(schema: unknown): Set<string> {
  if (typeof schema !== "object" || schema === null) return new Set();
  const own = "properties" in schema && typeof schema.properties === "object" ? (schema.properties ?? {}) : {};
  return new Set([...Object.keys(own), ...Object.values(schema).flatMap((part) => [...keysOf(part)])]);
}

describe("schedule.example.yaml", () => {
  it("is a schedule of the example's people", () => {
    const found = parseSchedule(read("schedule.example.yaml"));
    assert.ok("schedule" in found, JSON.stringify(found));
    assert.deepEqual(namedIn(found.schedule), ["alice", "bob"]);
  });
});
