import { readFile } from "node:fs/promises";
import { kindsWith } from "../app/kinds.ts";
import { readConfig } from "../config.ts";
import { loadPolicy } from "../domain/policy/load.ts";
import type { Names } from "../cards/names.ts";
import type { Io } from "./io.ts";

/** People's names for a terminal. Without a readable policy they are called as the ledger calls them. */
export async function policyNames(io: Io): Promise<Names> {
  const text = await readFile(readConfig(io.env).policyFile, "utf8").catch(() => "");
  const people = new Map<string, string>();
  const { checks } = kindsWith(undefined, Date.now);
  const loaded = loadPolicy(text, { env: io.env, secrets: false, providers: checks });
  if ("policy" in loaded) for (const [key, { name }] of Object.entries(loaded.policy.people)) people.set(key, name);
  return { name: (person) => people.get(person) ?? person, account: () => undefined };
}
