import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { postgresKind } from "../../../src/providers/postgres/kind.ts";
import { psqlCommand, readServerAddress } from "../../../src/providers/postgres/server-address.ts";

/** The places and words of a ZodError, and the whole of it as it would be printed. */
function complaint(parse: () => unknown): { paths: string[]; text: string } {
  try {
    parse();
  } catch (thrown) {
    assert.ok(thrown instanceof z.ZodError);
    return { paths: thrown.issues.map(({ path }) => path.join(".")), text: JSON.stringify(thrown.issues) };
  }
  assert.fail("it was accepted");
}

describe("a Postgres target in the policy", () => {
  const url = "postgres://admin:s3cret@db:5432/orders";

  it("fills in what is standard, and accepts its own results", () => {
    const connection = postgresKind.parseConnection({ url });
    assert.deepEqual(connection, { url, quarantine: "bg_quarantine" });
    assert.deepEqual(postgresKind.parseConnection(connection), connection);
    const role = postgresKind.parseRole({ memberOf: ["orders_reader"] });
    assert.deepEqual(role, { memberOf: ["orders_reader"], connectionLimit: 5 });
    assert.deepEqual(postgresKind.parseRole(role), role);
  });

  const connections: [string, unknown, string][] = [
    ["no URL", {}, "url"],
    ["another protocol", { url: "mysql://admin:s3cret@db/x" }, "url"],
    ["no user", { url: "postgres://db/x" }, "url"],
    ["no host", { url: "postgres:///x" }, "url"],
    ["a misspelt sslmode", { url: `${url}?sslmode=verify_full` }, "url"],
    ["a parameter that isn't understood", { url: `${url}?ssl=true` }, "url"],
    ["a broken escape", { url: "postgres://admin:s3cret%ZZ@db/x" }, "url"],
    ["a quarantine that looks like a request's role", { url, quarantine: "bg_7k3m2q" }, "quarantine"],
    ["a timeout without sense", { url, connectTimeout: "soon" }, "connectTimeout"],
  ];
  for (const [what, input, path] of connections) {
    it(`refuses ${what}, and does not repeat the password`, () => {
      const { paths, text } = complaint(() => postgresKind.parseConnection(input));
      assert.deepEqual(paths, [path]);
      assert.equal(text.includes("s3cret"), false);
    });
  }

  const roles: [string, unknown, string][] = [
    ["nothing to be a member of", { memberOf: [] }, "memberOf"],
    ["a name that Postgres would cut", { memberOf: ["é".repeat(32)] }, "memberOf.0"],
    ["no connections", { memberOf: ["a"], connectionLimit: 0 }, "connectionLimit"],
    ["an unknown key", { memberOf: ["a"], superuser: true }, ""],
  ];
  for (const [what, input, path] of roles) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(complaint(() => postgresKind.parseRole(input)).paths, [path]);
    });
  }
});

describe("a server's address", () => {
  it("is read with its escapes, and keeps the password out of sight", () => {
    const address = readServerAddress("postgresql://a%40b:p%2Fw@[::1]/my%20db%3F?sslmode=verify-full");
    assert.equal(address.password.reveal(), "p/w");
    assert.deepEqual(JSON.parse(JSON.stringify(address)), {
      host: "::1",
      port: 5432,
      user: "a@b",
      password: "[redacted]",
      database: "my db?",
      sslmode: "verify-full",
    });
  });

  it("may be a socket's folder", () => {
    assert.equal(readServerAddress("postgres://admin@localhost/orders?host=/run/postgresql").host, "/run/postgresql");
  });

  it("becomes a command line that a shell and psql read as meant", () => {
    const plain = readServerAddress("postgres://admin@db/orders?sslmode=require");
    assert.equal(
      psqlCommand(plain, { user: "bg_7k3m2q", database: "orders" }),
      'psql "host=db port=5432 dbname=orders user=bg_7k3m2q sslmode=require"',
    );
    assert.equal(
      psqlCommand(plain, { user: "bg_7k3m2q", database: `it's "$(odd)"` }),
      String.raw`psql "host=db port=5432 dbname='it\\'s \"\$(odd)\"' user=bg_7k3m2q sslmode=require"`,
    );
  });
});
