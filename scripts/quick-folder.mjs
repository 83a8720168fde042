import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";
/** The tests' servers need a few hundred megabytes at once, in bytes. */
const ENOUGH = 4 * 1024 ** 3;

/**
 * Makes a folder for what tests write: in memory where there is plenty of it, because their servers flush all the time, which on a disk
 * took a third of the gate. What they show by killing processes is the same there; a disk that loses power no test can show.
 *
 * @returns {string} its path, which is the caller's to remove
 */
export function quickFolder() {
  if (hasPlenty()) {
    const folder = folderIn(MEMORY);
    if (runsPrograms(folder)) return folder;
    rmSync(folder, { recursive: true });
  }
  return folderIn(tmpdir());
}

function folderIn(parent) {
  const folder = mkdtempSync(join(parent, "bg-tests-"));
  // Postgres doesn't run as root, and has its files in here.
  chmodSync(folder, 0o755);
  return folder;
}

/** Tests run programs that they write, and containers mount memory so that nothing in it can be run. */
function runsPrograms(folder) {
  const program = join(folder, "program");
  writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
  const { status } = spawnSync(program);
  rmSync(program);
  return status === 0;
}

function hasPlenty() {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize >= ENOUGH;
}
