import type { Command } from "commander";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";

/** Adds `breakglass anomalies …`. */
export function addAnomalyCommands(program: Command, io: Io, run: (work: Promise<ExitCode>) => Promise<void>): void {
  const json = ["--json", "as JSON, for programs"] as const;
  const anomalies = program
    .command("anomalies")
    .description("the rules for what is unusual: check them, list them")
    .addHelpText("after", "\nExamples:\n  breakglass anomalies check\n  breakglass anomalies list");
  anomalies
    .command("check")
    .argument("[folder]", "default ANOMALY_RULES, or the rules that come with the program")
    .description("every problem, with its place and what would be right")
    .option(...json)
    .addHelpText("after", "\nExamples:\n  breakglass anomalies check\n  breakglass anomalies check rules --json")
    .action((folder: string | undefined, options: { json?: boolean }) =>
      run(import("./anomalies.ts").then(({ checkRules }) => checkRules(io, { folder, json: options.json ?? false }))),
    );
  anomalies
    .command("list")
    .argument("[folder]", "default ANOMALY_RULES, or the rules that come with the program")
    .description("each rule: its level, what follows, what it is about")
    .option(...json)
    .addHelpText("after", "\nExamples:\n  breakglass anomalies list\n  breakglass anomalies list --json")
    .action((folder: string | undefined, options: { json?: boolean }) =>
      run(import("./anomalies.ts").then(({ listRules }) => listRules(io, { folder, json: options.json ?? false }))),
    );
}
