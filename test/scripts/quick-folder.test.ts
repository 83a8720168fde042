import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";

const script = pathToFileURL(join(import.meta.dirname, "../../scripts/quick-folder.mjs")).href;
const MAKE = `
const { quickFolder } = await import(${JSON.stringify(script)});
const { readdirSync, rmSync } = await import("node:fs");
const folder = quickFolder();
console.log(folder, readdirSync("/dev/shm").length);
rmSync(folder, { recursive: true });
`;

/** What comes of it where memory is mounted like this, for this process alone; undefined where that can't be tried. */
function madeWith(options: string): string | undefined {
  const mount = `mount -t tmpfs -o ${options} tmpfs /dev/shm || exit 9; exec "$0" --input-type=module -e "$1"`;
  const args = ["-rm", "sh", "-c", mount, process.execPath, MAKE];
  // This test's own folder may be in the memory that is hidden so.
  const env = { ...process.env, TMPDIR: "/tmp" };
  const { status, stdout } = spawnSync("unshare", args, { encoding: "utf8", env });
  return status === 0 ? stdout.trim() : undefined;
}

describe("the folder that tests write into", () => {
  const roomy = madeWith("size=8g");
  const skip = roomy === undefined && "memory can't be mounted otherwise here";

  it("is in memory where there is plenty of it, and it can hold programs", { skip }, () => {
    assert.match(roomy ?? "", /^\/dev\/shm\/bg-tests-\w+ 1$/);
    for (const options of ["size=8m", "size=8g,noexec"])
      assert.match(madeWith(options) ?? "", /^\/tmp\/bg-tests-\w+ 0$/, options);
  });
});
