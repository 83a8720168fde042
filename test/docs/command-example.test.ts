import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { z } from "zod";
import { commandKind } from "../../src/providers/command/kind.ts";
import { providerContract } from "../providers/contract.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/providers.md"), "utf8");
const [, program] = /^```js\n([\s\S]*?)^```/m.exec(page) ?? [];
const dir = mkdtempSync(join(tmpdir(), "bg-example-"));
const path = join(dir, "admin-tool.mjs");
const logins = join(dir, "logins");
writeFileSync(path, program ?? assert.fail("docs/providers.md has no program"));
chmodSync(path, 0o755);
after(() => {
  rmSync(dir, { recursive: true, force: true });
});

const loginSchema = z.object({ salt: z.string(), hash: z.string() });
const kind = commandKind(process.env);

providerContract("the program in docs/providers.md", () => {
  const provider = kind.open(kind.parseConnection({ command: [path], env: { LOGINS: logins } }));
  return Promise.resolve({
    provider,
    unreachable: kind.open({ command: [join(dir, "not there")] }),
    role: kind.parseRole({ level: "support" }),
    works: ({ user, password }) => {
      const file = join(logins, user);
      if (!existsSync(file)) return Promise.resolve(false);
      const { salt, hash } = loginSchema.parse(JSON.parse(readFileSync(file, "utf8")));
      return Promise.resolve(scryptSync(password.reveal(), salt, 32).toString("hex") === hash);
    },
    stop: () => provider.close(),
  });
});
