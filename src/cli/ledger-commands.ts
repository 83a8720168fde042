import type { Command } from "commander";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";

interface VerifyFlags {
  readonly against?: string;
  readonly key?: string[];
  readonly stepUp?: boolean;
  readonly recordings?: boolean;
  readonly json?: boolean;
}

/** Adds `breakglass ledger …`. */
export function addLedgerCommands(program: Command, io: Io, run: (work: Promise<ExitCode>) => Promise<void>): void {
  const ledger = program
    .command("ledger")
    .description("the ledger: verify it, export it, prove what is in it")
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass ledger verify\n  breakglass ledger export | breakglass ledger verify -",
    );
  ledger
    .command("verify")
    .argument("[file]", "an export or the mirror, - for standard input; default: the running service's")
    .description("check every entry, and name the first that doesn't hold")
    .option("--against <file>", "hold it against what was kept: a checkpoint, an older export, a thread")
    .option("--key <key...>", "the public key that must have signed the checkpoints; default: LEDGER_KEY_FILE's")
    .option("--step-up", "check every confirmation with a key again too, and that none is missing")
    .option("--recordings", "hold the recordings in DATA_DIR against it too: none altered, none missing")
    .option("--json", "as JSON, for programs")
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass ledger verify\n  breakglass ledger verify --step-up --recordings\n  breakglass ledger verify data/ledger.jsonl\n  breakglass ledger export | breakglass ledger verify -\n  breakglass ledger verify --against thread.txt",
    )
    .action(
      (
        file: string | undefined,
        { against, key = [], stepUp = false, recordings = false, json = false }: VerifyFlags,
      ) =>
        run(
          import("./ledger.ts").then(({ verifyLedger }) =>
            verifyLedger(io, { file, against, keys: key, stepUp, recordings, json }),
          ),
        ),
    );
  ledger
    .command("export")
    .description("every entry, one JSON object a line")
    .option("--tiles <folder>", "the newest checkpoint and its entries as tlog-tiles, from DATA_DIR")
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass ledger export > ledger.jsonl\n  breakglass ledger export --tiles public/log",
    )
    .action(({ tiles }: { tiles?: string }) =>
      run(
        import("./ledger-export.ts").then(({ exportLedger, exportTiles }) =>
          tiles === undefined ? exportLedger(io) : exportTiles(io, tiles),
        ),
      ),
    );
  ledger
    .command("prove")
    .argument("<number>", "an entry's number")
    .description("a proof that an entry is in the ledger, for whoever has the public key")
    .addHelpText("after", "\nExamples:\n  breakglass ledger prove 1234 > 1234.tlog-proof")
    .action((seq: string) => run(import("./ledger-prove.ts").then(({ proveEntry }) => proveEntry(io, seq))));
  ledger
    .command("recover")
    .argument("[mirror]", "default: DATA_DIR/ledger.jsonl")
    .description("fill Redis from a mirror that no worker has; workers do it from their own")
    .addHelpText("after", "\nExamples:\n  breakglass ledger recover\n  breakglass ledger recover backup/ledger.jsonl")
    .action((mirror: string | undefined) =>
      run(import("./ledger-recover.ts").then(({ recoverLedger }) => recoverLedger(io, mirror))),
    );
  ledger
    .command("key")
    .description("the public key with which this installation's checkpoints are checked")
    .addHelpText("after", "\nExamples:\n  breakglass ledger key")
    .action(() => run(import("./ledger-key.ts").then(({ printLedgerKey }) => printLedgerKey(io))));
  ledger
    .command("change-key")
    .description("let another key sign from now on; both sign that, in the ledger")
    .addHelpText("after", "\nExamples:\n  breakglass ledger change-key")
    .action(() => run(import("./ledger-key.ts").then(({ changeKey }) => changeKey(io))));
}
