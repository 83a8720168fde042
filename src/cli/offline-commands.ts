import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";

interface OpenFlags {
  readonly share?: readonly string[];
  readonly who?: string;
  readonly why?: string;
  readonly journal?: string;
}

/** Adds `breakglass offline …`. */
export function addOfflineCommands(program: Command, io: Io, run: (work: Promise<ExitCode>) => Promise<void>): void {
  const offline = program
    .command("offline")
    .description("when chat, Redis and the service are down: open what was exported")
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass offline open export aws-root\n  breakglass offline merge export/offline-ledger.jsonl",
    );
  offline
    .command("open")
    .argument("<folder>", "what breakglass vault export-sealed made")
    .argument("[account]", "which account, where there are several")
    .description("open an account with enough shares; needs nothing else. Prints the password")
    .option("--share <file...>", "sheets, or what was typed of them; the others are asked for, or read from stdin")
    .option("--who <name>", "who opens it")
    .option("--why <text>", "and why; both are written before anything is shown")
    .option("--journal <file>", "where that is written (default: offline-ledger.jsonl in the folder)")
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass offline open export aws-root\n  breakglass offline open export aws-root --share share-1-of-5.txt share-3-of-5.txt share-4-of-5.txt --who 'Carol Diaz' --why 'INC-42'",
    )
    .action((folder: string, account: string | undefined, { share = [], ...flags }: OpenFlags) =>
      run(open(io, folder, { account, share, ...flags })),
    );
  offline
    .command("merge")
    .argument("<file>", "the offline-ledger.jsonl of an opening")
    .description("bring what was opened offline into the ledger; the security channel hears of it")
    .option("--json", "as JSON, for programs")
    .addHelpText("after", "\nExamples:\n  breakglass offline merge export/offline-ledger.jsonl")
    .action((file: string, { json = false }: { json?: boolean }) =>
      run(import("./offline-merge.ts").then(({ mergeOffline }) => mergeOffline(io, file, { json }))),
    );
}

async function open(
  io: Io,
  folder: string,
  options: OpenFlags & { account: string | undefined; share: readonly string[] },
): Promise<ExitCode> {
  const { openOffline } = await import("./offline-open.ts");
  const { stdin, stderr } = process;
  const piped = () => text(stdin);
  if (!stdin.isTTY) return await openOffline(io, folder, options, { ask: undefined, piped });
  const terminal = createInterface({ input: stdin, output: stderr });
  try {
    return await openOffline(io, folder, options, { ask: (question) => terminal.question(question), piped });
  } finally {
    terminal.close();
  }
}
