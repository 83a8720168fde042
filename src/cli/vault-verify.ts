import { stat } from "node:fs/promises";
import { asCoded } from "../errors.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { vaultOf } from "./vault-of.ts";

/**
 * `breakglass vault verify`: whether each account opens with the keys there are, and whether only its owner may read it.
 *
 * @returns 1 when something is wrong
 */
export async function verifyVault(io: Io, options: { readonly json: boolean }): Promise<ExitCode> {
  const { accounts } = vaultOf(io);
  const names = [...(await accounts.generations()).keys()].sort();
  const found: { account: string; ok: boolean; problems: string[]; key?: string | undefined }[] = [];
  for (const account of names) {
    const problems: string[] = [];
    let key: string | undefined;
    try {
      const record = await accounts.read(account);
      if (record === undefined) continue;
      key = accounts.keyOf(record);
      const clear = await accounts.open(record);
      if (clear.user !== record.user || clear.note !== record.note)
        problems.push("what is shown of it is not what was sealed: somebody changed its file");
      problems.push(...(await modeProblems(accounts.pathOf(record))));
    } catch (error) {
      const { message, next } = asCoded(error);
      problems.push(`${message} ${next}`.trim());
    }
    found.push({ account, ok: problems.length === 0, problems, key });
  }
  if (names.length > 0) {
    const problems = await modeProblems(accounts.dir);
    if (problems.length > 0) found.push({ account: accounts.dir, ok: false, problems });
  }
  if (options.json) io.result(JSON.stringify(found, null, 2));
  else
    for (const { account, ok, problems, key } of found)
      io.result(
        ok
          ? `ok   ${account}: it opens${key === undefined ? "" : ` (${key})`}`
          : `FAIL ${account}: ${problems.join(" ")}`,
      );
  if (names.length === 0) io.talk(`nothing is sealed under ${accounts.dir}`);
  return found.every(({ ok }) => ok) ? 0 : 1;
}

async function modeProblems(path: string): Promise<string[]> {
  const { mode } = await stat(path);
  return (mode & 0o077) === 0
    ? []
    : [`${path} can be read by others (mode ${(mode & 0o777).toString(8)}): chmod go= ${path}`];
}
