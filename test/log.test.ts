import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { inspect, promisify } from "node:util";
import { scrub } from "../src/scrub.ts";
import { Secret } from "../src/secret.ts";
import { sourceArguments } from "./support/source-arguments.ts";

// In pieces, so that no scanner of repositories takes them for real ones.
const SECRETS = {
  "a bot token": ["xoxb", "123-456-canary"].join("-"),
  "an app token": ["xapp", "1-A0-canary"].join("-"),
  "an AWS key": ["AKIA", "CANARYCANARYCANA"].join(""),
  "a JSON web token": ["eyJhbGciOi", "eyJjYW5hcnki", "c2lnbmF0dXJl"].join("."),
  "a private key": ["-----BEGIN PRIVATE KEY-----", "canary", "-----END PRIVATE KEY-----"].join("\n"),
};

describe("scrub", () => {
  for (const [what, secret] of Object.entries(SECRETS)) {
    it(`takes ${what} out of a text`, () => {
      assert.equal(scrub(`before ${secret} after`), "before [redacted] after");
      assert.equal(scrub(JSON.stringify({ text: secret })), '{"text":"[redacted]"}');
    });
  }

  it("takes the password out of an address, and leaves the rest to be read", () => {
    assert.equal(scrub("postgres://admin:canary@db:5432/orders"), "postgres://admin:[redacted]@db:5432/orders");
    assert.equal(scrub("redis://:canary@cache:6379"), "redis://:[redacted]@cache:6379");
  });

  it("leaves alone what is no secret", () => {
    for (const text of ["BG-7K3M2Q was opened", "https://docs.acme.test/page", "alice@acme.test", "10:30 start"]) {
      assert.equal(scrub(text), text);
    }
  });
});

describe("a secret in memory", () => {
  it("shows itself only when asked by name", () => {
    const secret = new Secret("canary");
    const shown = [String(secret), JSON.stringify({ secret }), inspect({ deep: { secret } }), secret.toString()];
    assert.doesNotMatch(shown.join(), /canary/);
    assert.equal(secret.reveal(), "canary");
  });
});

describe("the log", () => {
  const run = async (format: string, level: string) => {
    const program = join(import.meta.dirname, "support/log-once.ts");
    const args = [...sourceArguments(program), format, level, JSON.stringify(SECRETS)];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
      cwd: join(import.meta.dirname, ".."),
    });
    return { stdout, lines: stderr.trimEnd().split("\n") };
  };

  it("writes JSON lines to stderr, without a secret, and leaves stdout to results", async () => {
    const { stdout, lines } = await run("json", "info");
    assert.equal(stdout, "");
    assert.doesNotMatch(lines.join("\n"), /canary/i);
    const [info, error, ...rest] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(rest, []);
    assert.deepEqual([info?.["level"], info?.["message"], info?.["request"]], ["info", "granted", "BG-7K3M2Q"]);
    assert.match(String(info?.["timestamp"]), /^\d{4}-\d\d-\d\dT/);
    const failure = error?.["error"] as Record<string, unknown>;
    assert.deepEqual([failure["name"], failure["code"]], ["TypeError", "E_SDK"]);
    assert.match(JSON.stringify(failure["cause"]), /the cause/);
    assert.equal(failure["config"], undefined, "what an SDK hangs on its errors is not taken");
  });

  it("writes for people too, and as much as it is told to", async () => {
    const { lines } = await run("pretty", "debug");
    assert.match(lines.join("\n"), /debug looked/);
    assert.match(lines.join("\n"), /info granted \{"request":"BG-7K3M2Q"/);
    assert.doesNotMatch(lines.join("\n"), /canary/i);
    assert.equal((await run("json", "error")).lines.length, 1);
  });
});
