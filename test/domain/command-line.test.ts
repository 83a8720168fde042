import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readCommandLine, type CommandLine } from "../../src/domain/command-line.ts";
import { SUBCOMMANDS } from "../../src/domain/subcommands.ts";
import { Refusal } from "../../src/errors.ts";
import { refusal } from "./given.ts";
import { HARMFUL, NAUGHTY } from "./naughty.ts";

const request = (target: string, role: string, duration: string | undefined, justification: string): CommandLine => ({
  word: "request",
  target,
  role,
  duration,
  justification,
});

/** Reads a line as a person's would be: an answer, or a refusal with words fit to be shown. Nothing else may come out. */
function read(line: string): CommandLine | undefined {
  try {
    return readCommandLine(line);
  } catch (error) {
    assert.ok(error instanceof Refusal, `${line.slice(0, 60)}: ${String(error)}`);
    assert.ok(["BAD_USAGE", "REQUEST_UNKNOWN"].includes(error.code), error.code);
    assert.ok(error.message.length < 200 && error.next.includes("/breakglass"), error.message);
    assert.ok(!HARMFUL.test(error.message), JSON.stringify(error.message));
    return undefined;
  }
}

describe("the command line", () => {
  it("asks: target, role, how long, why", () => {
    const cases: [string, CommandLine][] = [
      ["", { word: "form" }],
      [" \t ", { word: "form" }],
      ["orders-db writer 15m INC-42 orders stuck", request("orders-db", "writer", "15m", "INC-42 orders stuck")],
      ["orders-db writer INC-42 stuck", request("orders-db", "writer", undefined, "INC-42 stuck")],
      ["Orders-DB  Writer\t15m   why", request("orders-db", "writer", "15m", "why")],
      ["orders-db writer", request("orders-db", "writer", undefined, "")],
      ["orders-db writer 15m", request("orders-db", "writer", "15m", "")],
      ["orders-db writer -1m why", request("orders-db", "writer", "-1m", "why")],
      ["orders-db writer 5 minutes why", request("orders-db", "writer", "5 minutes", "why")],
      ["orders-db writer 15", request("orders-db", "writer", "15", "")],
      ["orders-db writer 500 errors in checkout", request("orders-db", "writer", undefined, "500 errors in checkout")],
      ["orders-db writer 99999999999999999999m why", request("orders-db", "writer", "99999999999999999999m", "why")],
      ["orders-db writer 1e9h why", request("orders-db", "writer", "1e9h", "why")],
      ["request orders-db writer 15m why", request("orders-db", "writer", "15m", "why")],
      ["request", { word: "form" }],
    ];
    for (const [line, expected] of cases) assert.deepEqual(readCommandLine(line), expected, line);
  });

  it("has a few words of its own", () => {
    const cases: [string, CommandLine][] = [
      ["status", { word: "status" }],
      ["LIST", { word: "list" }],
      ["help me please", { word: "help" }],
      ...["?", "-h", "--HELP"].map((line): [string, CommandLine] => [line, { word: "help" }]),
      ["open bg-7k3m2q", { word: "open", id: "BG-7K3M2Q" }],
      ["rotate 7K3M2Q", { word: "rotate", id: "BG-7K3M2Q" }],
      ["break-glass bg-7k3m2q", { word: "break-glass", id: "BG-7K3M2Q" }],
      ["end", { word: "end", id: undefined }],
      ["end bg-7k3m2q", { word: "end", id: "BG-7K3M2Q" }],
      ["revoke 7K3M2Q wrong database", { word: "revoke", id: "BG-7K3M2Q", reason: "wrong database" }],
      ["who Orders-DB", { word: "who", target: "orders-db" }],
      ["insights", { word: "insights", target: undefined, days: 90 }],
      ["insights 30", { word: "insights", target: undefined, days: 30 }],
      ["insights Orders-DB 7d", { word: "insights", target: "orders-db", days: 7 }],
    ];
    for (const [line, expected] of cases) assert.deepEqual(readCommandLine(line), expected, line);
  });

  it("says what is missing, with an example", () => {
    const cases: [string, RegExp][] = [
      ["orders-db", /Which role, and why\?/],
      ["who", /Which target\?/],
      ["insights 0", /How many days\? 1 to 1100/],
      ["insights -5", /How many days\? 1 to 1100/],
      ["insights orders-db soon", /Of which target, and of how many days\?/],
      ["open", /Which request\?/],
      ["rotate", /Which request\?/],
      ["break-glass", /Which request\?/],
      ["revoke", /Which request, and why\?/],
      ["revoke BG-7K3M2Q", /needs a reason/],
    ];
    for (const [line, message] of cases) {
      const refused = refusal(() => readCommandLine(line), "BAD_USAGE");
      assert.match(refused.message, message);
      assert.match(refused.next, /^For instance: \/breakglass /);
    }
    for (const [line, meant] of [
      ["hlep", "help"],
      ["statsu", "status"],
    ] as const) {
      const { message, next } = refusal(() => readCommandLine(line), "BAD_USAGE");
      assert.equal(message, `Did you mean /breakglass ${meant}?`);
      assert.match(next, /which role, and why\? For instance: \/breakglass /);
    }
    for (const line of ["open INC-42", "end INC-42", "revoke INC-42 why"]) {
      refusal(() => readCommandLine(line), "REQUEST_UNKNOWN");
    }
  });

  it("takes the naughty strings anywhere, and throws nothing but refusals", () => {
    for (const text of NAUGHTY) {
      read(text);
      read(`orders-db ${text}`);
      for (const word of SUBCOMMANDS) read(`${word} ${text}`);
      const whole = read(`orders-db writer 15m INC-42 ${text}`);
      assert.ok(whole?.word === "request");
      assert.deepEqual([whole.target, whole.role, whole.duration], ["orders-db", "writer", "15m"]);
    }
  });

  it("takes any text at all", () => {
    const unit = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(...SUBCOMMANDS, "orders-db", "15m", "BG-7K3M2Q", " ", "\n", "\ud800", "__proto__"),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
        read(units.join(" "));
      }),
    );
  });
});
