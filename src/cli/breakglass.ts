#!/usr/bin/env node
import { existsSync, readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { z } from "zod";
import { addAnomalyCommands } from "./anomaly-commands.ts";
import { explainFailure, type ExitCode } from "./exit.ts";
import { addKeyCommands } from "./key-commands.ts";
import { addLedgerCommands } from "./ledger-commands.ts";
import { processIo, type Io } from "./io.ts";
import { addOfflineCommands } from "./offline-commands.ts";
import { addVaultCommands } from "./vault-commands.ts";
import { usageError } from "./usage-error.ts";

/** The command line. Each command's own work stands in its own file. */
function commandLine(io: Io, done: (code: ExitCode) => void): Command {
  const program = new Command("breakglass")
    .description(
      "Emergency access, asked for in chat, approved by people, revoked by itself and checked at the target.",
    )
    .version(version(), "-v, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show a command's help")
    .exitOverride()
    .configureOutput({
      writeErr: (text) => {
        io.talk(text.trimEnd());
      },
    })
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass demo\n  breakglass policy check\n  breakglass list\n  breakglass show BG-7K3M2Q\n\nExit codes: 0 fine, 1 the answer is no, 2 it couldn't be told.",
    );
  // A command's own code is loaded when it is asked for: help and a policy check needn't wait for all of it.
  const run = (work: Promise<ExitCode>) => work.then(done);
  const json = ["--json", "as JSON, for programs"] as const;

  program
    .command("serve")
    .description("run the bot, the workers, or both (ROLE)")
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass serve\n  ROLE=worker breakglass serve\n\nThe environment is explained in .env.example.",
    )
    .action(() => run(import("./serve.ts").then(({ serve }) => serve(io))));
  program
    .command("demo")
    .description("a workspace on this machine, in the browser, with the real bot behind it")
    .option("--play", "play a whole incident in the terminal instead, and check every step")
    .addHelpText("after", "\nExamples:\n  breakglass demo\n  breakglass demo --play\n  PORT=3001 breakglass demo")
    .action((options: { play?: boolean }) =>
      run(import("./demo.ts").then(({ demo }) => demo(io, { play: options.play ?? false }))),
    );
  program
    .command("list")
    .description("open requests, or the newest of all")
    .option("--all", "the 100 newest, open or over")
    .option(...json)
    .addHelpText("after", "\nExamples:\n  breakglass list\n  breakglass list --all --json")
    .action((options: { all?: boolean; json?: boolean }) =>
      run(
        import("./requests.ts").then(({ listRequests }) =>
          listRequests(io, { all: options.all ?? false, json: options.json ?? false }),
        ),
      ),
    );
  program
    .command("show")
    .argument("<id>", "a request's id")
    .description("a request's thread as text, or its entries")
    .option("--commands", "instead: what was run under it, from the recordings in DATA_DIR")
    .option(...json)
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass show BG-7K3M2Q\n  breakglass show 7k3m2q --json\n  breakglass show BG-7K3M2Q --commands",
    )
    .action((id: string, { commands = false, json: asJson = false }: { commands?: boolean; json?: boolean }) =>
      run(
        commands
          ? import("./commands-of.ts").then(({ showCommands }) => showCommands(io, id, { json: asJson }))
          : import("./requests.ts").then(({ showRequest }) => showRequest(io, id, { json: asJson })),
      ),
    );
  program
    .command("replay")
    .argument("<id>", "a request's id")
    .description("what was run under a request, as it went")
    .option("--speed <times>", "how many times as fast", "1")
    .addHelpText("after", "\nExamples:\n  breakglass replay BG-7K3M2Q\n  breakglass replay BG-7K3M2Q --speed 20")
    .action((id: string, options: { speed: string }) =>
      run(import("./commands-of.ts").then(({ replay }) => replay(io, id, options))),
    );
  program
    .command("record")
    .argument("<id>", "a request's id")
    .description("all that the ledger has of a request, as one HTML file to print or hand on")
    .option("--out <file>", "where to; default: standard output")
    .option("--from <file>", "an export or the mirror, - for standard input; default: the running service's")
    .option("--checkpoint <file>", "with --from: the checkpoint to prove its entries by")
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass record BG-7K3M2Q --out BG-7K3M2Q-record.html\n  breakglass record BG-7K3M2Q --from ledger.jsonl --checkpoint checkpoint > record.html",
    )
    .action((id: string, options: { out?: string; from?: string; checkpoint?: string }) =>
      run(import("./record.ts").then(({ writeRecord }) => writeRecord(io, id, options))),
    );
  program
    .command("insights")
    .argument("[target]", "one target alone; default: all")
    .description("how access was used, how it could be needed less")
    .option("--since <when>", "from when on: a number of days, or a day (default: 90d)")
    .option("--png <dir>", "also draw it: pictures into this folder")
    .option(...json)
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass insights\n  breakglass insights orders-db --since 30d\n  breakglass insights --since 2026-10-01 --json\n  breakglass insights --png insights",
    )
    .action((target: string | undefined, options: { since?: string; png?: string; json?: boolean }) =>
      run(import("./insights.ts").then(({ showInsights }) => showInsights(io, target, options))),
    );
  program
    .command("revoke")
    .argument("[id]", "a request's id")
    .description("end an access now, and wait until that is checked")
    .option("--reason <why>", "stands in the thread and the ledger", "revoked on the server")
    .option("--overdue", "instead: all that is past its end, from the mirror and the targets alone")
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass revoke BG-7K3M2Q\n  breakglass revoke BG-7K3M2Q --reason 'wrong database'\n  breakglass revoke --overdue",
    )
    .action((id: string | undefined, options: { reason: string; overdue?: boolean }, command: Command) => {
      if (options.overdue === true && id === undefined)
        return run(import("./revoke-overdue.ts").then(({ revokeOverdue }) => revokeOverdue(io)));
      if (options.overdue === true) return command.error("error: --overdue ends all that is overdue, and takes no id");
      if (id === undefined) return command.error("error: missing required argument 'id'");
      return run(import("./revoke.ts").then(({ revokeRequest }) => revokeRequest(io, id, options)));
    });

  program
    .command("drills")
    .description("each drill of the policy: how the last one went, when the next is due")
    .option(...json)
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass drills\n  breakglass drills --json\n\nExit code 1: the last one of any failed, or one is overdue. A drill is begun by hand in chat: /breakglass drill orders-db",
    )
    .action((options: { json?: boolean }) =>
      run(import("./drills.ts").then(({ listDrills }) => listDrills(io, { json: options.json ?? false }))),
    );

  program
    .command("doctor")
    .description("whether all that the program stands on is as it must be, a line each")
    .option(...json)
    .addHelpText("after", "\nExamples:\n  breakglass doctor\n  ROLE=worker breakglass doctor --json")
    .action((options: { json?: boolean }) =>
      run(import("./doctor/doctor.ts").then(({ doctor }) => doctor(io, { json: options.json ?? false }))),
    );

  const policy = program
    .command("policy")
    .description("the policy file: check it, ask it, describe it")
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass policy check\n  breakglass policy explain alice orders-db writer\n  breakglass policy schema > policy.schema.json",
    );
  policy
    .command("check")
    .argument("[file]", "default POLICY_FILE")
    .description("every problem, with its line and what would be right")
    .option(...json)
    .addHelpText("after", "\nExamples:\n  breakglass policy check\n  breakglass policy check policy.yaml --json")
    .action((file: string | undefined, options: { json?: boolean }) =>
      run(
        import("./policy.ts").then(({ checkPolicyFile }) => checkPolicyFile(io, { file, json: options.json ?? false })),
      ),
    );
  policy
    .command("explain")
    .argument("<person>")
    .argument("<target>")
    .argument("<role>")
    .description("what a person asking now would be told, and why")
    .option(...json)
    .addHelpText("after", "\nExamples:\n  breakglass policy explain alice orders-db writer")
    .action((person: string, target: string, role: string, options: { json?: boolean }) =>
      run(
        import("./policy.ts").then(({ explainPolicy }) =>
          explainPolicy(io, { person, target, role }, { json: options.json ?? false }),
        ),
      ),
    );
  policy
    .command("schema")
    .description("the policy's JSON Schema, for editors")
    .addHelpText("after", "\nExamples:\n  breakglass policy schema > policy.schema.json")
    .action(() => run(import("./policy.ts").then(({ printSchema }) => printSchema(io))));

  addAnomalyCommands(program, io, run);
  addKeyCommands(program, io, run);
  addVaultCommands(program, io, run);
  addOfflineCommands(program, io, run);
  addLedgerCommands(program, io, run);
  return withHints(program, "breakglass");
}

/** Each command's usage errors point to that command's own help. */
function withHints(command: Command, called: string): Command {
  command.configureOutput({
    outputError: (text, write) => {
      write(usageError(text, called));
    },
  });
  for (const each of command.commands) withHints(each, `${called} ${each.name()}`);
  return command;
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** `.env` in the working folder counts where the environment doesn't say otherwise; the demo has an environment of its own. */
function loadDotEnv(args: readonly string[]): void {
  if (args[0] !== "demo" && existsSync(".env")) process.loadEnvFile(".env");
}

/** What a library left open must not keep a program that has ended, in milliseconds. */
const LEFT_OPEN_MS = 5_000;

const io = processIo(process);
try {
  loadDotEnv(process.argv.slice(2));
  await commandLine(io, (code) => {
    process.exitCode = code;
  }).parseAsync(process.argv);
} catch (error) {
  // Commander has said what was wrong with the words; help and version are no failures.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else process.exitCode = explainFailure(error, io);
}
setTimeout(() => process.exit(), LEFT_OPEN_MS).unref();
