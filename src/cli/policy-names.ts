import { readFile } from "node:fs/promises";
import { kindsWith } from "../app/kinds.ts";
import { readConfig } from "../config.ts";
import { loadPolicy } from "../domain/policy/load.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { Names } from "../cards/names.ts";
import type { Io } from "./io.ts";

/** The policy as far as names and settings go, without its secrets; undefined when it can't be read. */
export async function policyOf(io: Io): Promise<Policy | undefined> {
  const text = await readFile(readConfig(io.env).policyFile, "utf8").catch(() => "");
  const { checks } = kindsWith(undefined, Date.now);
  const loaded = loadPolicy(text, { env: io.env, secrets: false, providers: checks });
  return "policy" in loaded ? loaded.policy : undefined;
}

/** What a policy calls its people. Without one they are called as the ledger calls them. */
export function namesIn(policy: Policy | undefined): Names {
  const people = new Map(Object.entries(policy?.people ?? {}).map(([key, { name }]) => [key, name]));
  return { name: (person) => people.get(person) ?? person, account: () => undefined };
}

/** People's names for a terminal. */
export async function policyNames(io: Io): Promise<Names> {
  return namesIn(await policyOf(io));
}
