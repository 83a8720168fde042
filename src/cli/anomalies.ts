import { join } from "node:path";
import { readRuleFiles } from "../app/anomaly-rules.ts";
import { readConfig } from "../config.ts";
import { counted } from "../domain/text.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";

interface Options {
  readonly folder?: string | undefined;
  readonly json: boolean;
}

/**
 * `breakglass anomalies check`: every problem of the rules, and what would be right.
 *
 * @returns 1 when there is one
 * @throws `ANOMALY_RULES_INVALID` where there is no such folder
 */
export async function checkRules(io: Io, options: Options): Promise<ExitCode> {
  const folder = options.folder ?? readConfig(io.env).anomalyRules;
  const files = await readRuleFiles(folder);
  const wrong = files.filter(({ problems }) => problems.length > 0);
  if (options.json) {
    const problems = wrong.flatMap(({ file, problems: found }) => found.map((problem) => ({ file, problem })));
    io.result(JSON.stringify({ folder, ok: problems.length === 0, rules: files.length, problems }, null, 2));
  } else if (wrong.length === 0) io.result(`${folder} is fine: ${counted(files.length, "rule")}`);
  else
    for (const { file, problems } of wrong)
      for (const problem of problems) io.result(`${join(folder, file)} ${problem}`);
  return wrong.length === 0 ? 0 : 1;
}

/** `breakglass anomalies list`: what is looked for, how grave it is, and what follows. */
export async function listRules(io: Io, options: Options): Promise<ExitCode> {
  const folder = options.folder ?? readConfig(io.env).anomalyRules;
  const rules = (await readRuleFiles(folder)).flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  if (options.json) {
    const shown = rules.map(({ id, title, level, category, action, description, falsepositives, looksAt }) => {
      return { id, title, level, category, action, description, falsepositives, facts: looksAt };
    });
    io.result(JSON.stringify(shown, null, 2));
    return 0;
  }
  for (const { title, level, action, category } of rules)
    io.result([level.padEnd(13), action.padEnd(4), category.padEnd(9), title].join("  "));
  return 0;
}
