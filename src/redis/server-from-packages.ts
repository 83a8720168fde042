import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { probeServer } from "./redis-server.ts";
import type { RedisServer, ServerSearch } from "./redis-server.ts";
import { runCommand } from "./run-command.ts";

/** By order of preference; which of them exist depends on the release. */
const FLAVOURS = ["redis", "valkey"];

/** Dependencies that a server needs to run. The others (adduser, init scripts) only serve an installation. */
const NEEDED_TO_RUN = /^(lib|lua-|redis|valkey)/;

/**
 * A server from Debian's or Ubuntu's own packages, unpacked into the cache folder. Needs no root, installs nothing and
 * starts no service; apt checks the packages' signatures as always.
 *
 * @param search - environment, cache folder, listeners
 */
export async function serverFromPackages(search: ServerSearch): Promise<RedisServer | undefined> {
  const home = join(search.cacheDir, "packages");
  const kept = await probeServer(join(home, "redis-server"), search);
  if (kept) return kept;
  if (!(await run(search, "apt-get", ["--version"], 10_000)).ok) return undefined;
  if (!(await run(search, "dpkg-deb", ["--version"], 10_000)).ok) return undefined;

  // The machine's package lists may be missing (containers) or stale (the version they name is gone from the mirror),
  // and only root could renew them, so the second try brings lists of its own.
  await mkdir(search.cacheDir, { recursive: true });
  const server = await fetchWith(search, home, []);
  if (server) return server;
  const state = await mkdtemp(join(search.cacheDir, "apt-"));
  try {
    return await fetchWith(search, home, await ownLists(search, state));
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

/** Fetches package lists into `state`, and gives the apt options that use them. */
async function ownLists(search: ServerSearch, state: string): Promise<string[]> {
  await mkdir(join(state, "lists", "partial"), { recursive: true });
  await mkdir(join(state, "cache", "archives", "partial"), { recursive: true });
  // As root, apt would download as the user _apt, who may not write here.
  const sandbox = search.isRoot ? ["-o", "APT::Sandbox::User=root"] : [];
  const options = ["-o", `Dir::State::lists=${state}/lists`, "-o", `Dir::Cache=${state}/cache`, ...sandbox];
  search.say("Updating package lists (in a folder of our own) ...");
  await run(search, "apt-get", [...options, "update"], 180_000);
  return options;
}

/** Tries each flavour with the given apt options. */
async function fetchWith(search: ServerSearch, home: string, apt: string[]): Promise<RedisServer | undefined> {
  for (const flavour of FLAVOURS) {
    const packages = await packagesOf(search, flavour, apt);
    if (packages.length === 0) continue;
    search.say(`Fetching ${flavour}-server from this system's package source (no root needed) ...`);
    const server = await unpack(search, home, flavour, packages, apt);
    if (server) return server;
  }
  return undefined;
}

/** The packages to fetch: the server, its tools, and what apt would install with them because it isn't there yet. */
async function packagesOf(search: ServerSearch, flavour: string, apt: string[]): Promise<string[]> {
  const own = [`${flavour}-server`, `${flavour}-tools`];
  const plan = await run(search, "apt-get", [...apt, "install", "-s", "--no-install-recommends", ...own], 60_000);
  if (!plan.ok) return [];
  // `Inst name (version …)`. An upgrade reads `Inst name [old] (new …)`: what is installed already does.
  const missing = [...plan.stdout.matchAll(/^Inst (\S+) \(/gm)].map(([, name = ""]) => name);
  return [...new Set([...own, ...missing.filter((name) => NEEDED_TO_RUN.test(name))])];
}

/** Downloads, unpacks beside the final place, tries the server, and moves it there in one step. */
async function unpack(search: ServerSearch, home: string, flavour: string, packages: string[], apt: string[]) {
  const draft = await mkdtemp(join(search.cacheDir, "packages-"));
  try {
    // mkdtemp gives 0700, and root's apt downloads as the user _apt.
    if (search.isRoot) await chmod(draft, 0o755);
    const download = await run(search, "apt-get", [...apt, "download", ...packages], 180_000, draft);
    if (!download.ok) return undefined;
    for (const file of await readdir(draft)) {
      if (!file.endsWith(".deb")) continue;
      await run(search, "dpkg-deb", ["-x", file, "root"], 60_000, draft);
      await rm(join(draft, file));
    }
    const launcher = launcherScript(flavour, await libraryFolders(join(draft, "root")));
    await writeFile(join(draft, "redis-server"), launcher, { mode: 0o755 });
    if (!(await probeServer(join(draft, "redis-server"), search))) return undefined;
    return await settle(search, draft, home);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Moves the tried draft to its place. Another start may have been quicker, and its copy is as good if it runs. */
async function settle(search: ServerSearch, draft: string, home: string): Promise<RedisServer | undefined> {
  const moved = await rename(draft, home).then(
    () => true,
    () => false,
  );
  const server = await probeServer(join(home, "redis-server"), search);
  if (server || moved) return server;
  await rm(home, { recursive: true, force: true });
  await rename(draft, home);
  return probeServer(join(home, "redis-server"), search);
}

/** Folders under `root` that hold shared libraries, relative to it: `usr/lib/x86_64-linux-gnu`. */
async function libraryFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const folders = entries
    .filter((entry) => /\.so(\.|$)/.test(entry.name))
    .map((entry) => entry.parentPath.slice(root.length + 1));
  return [...new Set(folders)];
}

/** A launcher with redis-server's own usage, so that whoever starts it needs to know nothing of libraries. */
function launcherScript(flavour: string, folders: string[]): string {
  const path = folders.map((folder) => `$here/root/${folder}`).join(":");
  return [
    "#!/bin/sh",
    'here=$(cd "${0%/*}" && pwd)',
    `LD_LIBRARY_PATH="${path}" exec "$here/root/usr/bin/${flavour}-server" "$@"`,
    "",
  ].join("\n");
}

async function run(search: ServerSearch, command: string, args: string[], timeoutMs: number, cwd?: string) {
  const result = await runCommand(command, args, { env: search.env, timeoutMs, ...(cwd ? { cwd } : {}) });
  if (!result.ok)
    search.log.debug("A step of fetching a Redis server failed", { command, args, stderr: result.stderr });
  return result;
}
