import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { commandKind } from "../../../src/providers/command/kind.ts";
import { patience, providerContract } from "../contract.ts";

const dir = mkdtempSync(join(tmpdir(), "bg-command-"));
const command = ["sh", join(import.meta.dirname, "target.sh")];
const kind = commandKind(process.env);
after(() => {
  rmSync(dir, { recursive: true, force: true });
});

providerContract("command", () => {
  const provider = kind.open(kind.parseConnection({ command, env: { TARGET_DIR: dir } }));
  return Promise.resolve({
    provider,
    unreachable: kind.open({ command: [join(dir, "not there")] }),
    role: kind.parseRole({ groups: ["writer"], level: 3 }),
    works: ({ user, password }) => Promise.resolve(kept(user)[0] === password.reveal()),
    stop: () => provider.close(),
  });
});

/** What the target keeps: the password on the first line, the order as it came on the second. */
function kept(name: string): string[] {
  try {
    return readFileSync(join(dir, name), "utf8").split("\n");
  } catch {
    return [];
  }
}

it("tells the program who gets what, and until when", async () => {
  const provider = kind.open({ command, env: { TARGET_DIR: dir } });
  const deadline = Date.UTC(2031, 0, 2, 3, 4, 5, 678);
  await provider.grant({ request: "BG-7K3M2Q", person: "alice", role: { groups: ["x"] }, deadline }, patience());
  assert.deepEqual(JSON.parse(kept("bg_7k3m2q")[1] ?? ""), {
    action: "grant",
    request: "BG-7K3M2Q",
    name: "bg_7k3m2q",
    person: "alice",
    role: { groups: ["x"] },
    deadline: "2031-01-02T03:04:05.678Z",
  });
});
