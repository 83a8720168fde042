import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readRule, type Rule } from "../domain/anomalies/rule.ts";
import { CodedError } from "../errors.ts";

/** A file of rules, and what is in it. */
export interface RuleFile {
  readonly file: string;
  readonly rule?: Rule;
  readonly problems: readonly string[];
}

/**
 * Reads every rule of a folder: files that end in `.yml` or `.yaml`, in the order of their names.
 *
 * @throws `ANOMALY_RULES_INVALID` where there is no such folder
 */
export async function readRuleFiles(folder: string): Promise<RuleFile[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new CodedError("ANOMALY_RULES_INVALID", `The folder of anomaly rules ${folder} can't be read.`, {
      next: "Set ANOMALY_RULES to a folder that exists; an empty one means no rules.",
      cause,
    });
  });
  const files: RuleFile[] = [];
  const found = names.filter((name) => /\.ya?ml$/.test(name)).toSorted((one, other) => one.localeCompare(other));
  for (const file of found) {
    const read = readRule(await readFile(join(folder, file), "utf8"));
    if ("problems" in read) files.push({ file, problems: read.problems });
    else {
      const twin = files.find(({ rule }) => rule?.id === read.rule.id);
      const problems = twin === undefined ? [] : [`id: ${twin.file} has the same id; each rule needs its own.`];
      files.push({ file, rule: read.rule, problems });
    }
  }
  return files;
}

/**
 * The rules of a folder.
 *
 * @throws `ANOMALY_RULES_INVALID`, whose message has every problem
 */
export async function readRules(folder: string): Promise<Rule[]> {
  const files = await readRuleFiles(folder);
  const problems = files.flatMap(({ file, problems: found }) =>
    found.map((problem) => `${join(folder, file)} ${problem}`),
  );
  if (problems.length > 0) {
    throw new CodedError("ANOMALY_RULES_INVALID", ["The anomaly rules have problems:", ...problems].join("\n"), {
      next: "Mend them and run: breakglass anomalies check",
    });
  }
  return files.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
}
