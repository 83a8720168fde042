import type { Command } from "commander";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";

const json = ["--json", "as JSON, for programs"] as const;
const fd = ["--fd <number>", "read the secret from this file descriptor", Number] as const;

interface PutFlags {
  readonly user?: string;
  readonly note?: string;
  readonly connect?: string;
  readonly fd?: number;
  readonly json?: boolean;
}

/** Adds `breakglass vault …`. */
export function addVaultCommands(program: Command, io: Io, run: (work: Promise<ExitCode>) => Promise<void>): void {
  const vault = program
    .command("vault")
    .description("sealed accounts: static secrets that policy can name as a target")
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass vault put aws-root --user root@acme.test\n  breakglass vault list\n  breakglass vault rotate aws-root",
    );
  const secretOf = async (what: string, descriptor: number | undefined) =>
    await (await import("./read-secret.ts")).readSecret(process, what, descriptor);
  vault
    .command("put")
    .argument("<name>", "what the policy calls it under connection.account")
    .description("seal a secret, read from stdin and never from the arguments")
    .option("--user <name>", "whose password it is")
    .option("--note <text>", "what it is, for vault list")
    .option("--connect <line>", "a command that connects and asks for the password")
    .option(...fd)
    .option(...json)
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass vault put aws-root --user root@acme.test --note 'the root user of the main account'\n  pass show firewall | breakglass vault put firewall --user admin --connect 'ssh admin@fw1.acme.test'\n  breakglass vault put aws-root --fd 3 3<secret",
    )
    .action((name: string, { json: asJson = false, fd: descriptor, ...flags }: PutFlags) =>
      run(
        import("./vault.ts").then(({ putAccount }) =>
          putAccount(io, name, { ...flags, json: asJson }, () => secretOf(`password of ${name}`, descriptor)),
        ),
      ),
    );
  vault
    .command("rotate")
    .argument("<name>", "a sealed account")
    .description("seal the new secret that you gave the target; then it can be checked out again")
    .option(...fd)
    .option(...json)
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass vault rotate aws-root\n  breakglass vault rotate aws-root --fd 3 3<secret",
    )
    .action((name: string, { json: asJson = false, fd: descriptor }: PutFlags) =>
      run(
        import("./vault.ts").then(({ rotateAccount }) =>
          rotateAccount(io, name, { json: asJson }, () => secretOf(`new password of ${name}`, descriptor)),
        ),
      ),
    );
  vault
    .command("list")
    .description("what is sealed, since when, and who has it; never a secret")
    .option(...json)
    .addHelpText("after", "\nExamples:\n  breakglass vault list\n  breakglass vault list --json")
    .action(({ json: asJson = false }: PutFlags) =>
      run(import("./vault.ts").then(({ listAccounts }) => listAccounts(io, { json: asJson }))),
    );
  vault
    .command("rewrap")
    .description("have the newest key wrap every sealed account; what runs goes on")
    .option("--new-key", "make a fresh key first, at the top of VAULT_KEY_FILE")
    .option("--forget-old", "then take the old keys out, if nothing is sealed under them any more")
    .option(...json)
    .addHelpText(
      "after",
      "\nExamples:\n  breakglass vault rewrap --new-key\n  breakglass vault rewrap --forget-old\n\nA key of your own (64 hex digits, or an age identity) goes on a line of its own at the top of the file.",
    )
    .action((flags: { newKey?: boolean; forgetOld?: boolean; json?: boolean }) =>
      run(
        import("./vault-rewrap.ts").then(({ rewrapVault }) =>
          rewrapVault(io, {
            newKey: flags.newKey ?? false,
            forgetOld: flags.forgetOld ?? false,
            json: flags.json ?? false,
          }),
        ),
      ),
    );
  vault
    .command("export-sealed")
    .description("copies for the day when nothing runs, which so many shares open together")
    .requiredOption("--shares <n>", "how many shares there are", Number)
    .requiredOption("--threshold <n>", "how many of them it takes", Number)
    .requiredOption("--out <folder>", "where to; it must not be there yet")
    .option(...json)
    .addHelpText("after", "\nExamples:\n  breakglass vault export-sealed --shares 5 --threshold 3 --out export")
    .action((flags: { shares: number; threshold: number; out: string; json?: boolean }) =>
      run(
        import("./export-sealed.ts").then(({ exportSealed }) =>
          exportSealed(io, { ...flags, json: flags.json ?? false }),
        ),
      ),
    );
  vault
    .command("verify")
    .description("whether each account opens with the keys there are, and nobody else may read it")
    .option(...json)
    .addHelpText("after", "\nExamples:\n  breakglass vault verify\n  breakglass vault verify --json")
    .action(({ json: asJson = false }: PutFlags) =>
      run(import("./vault-verify.ts").then(({ verifyVault }) => verifyVault(io, { json: asJson }))),
    );
}
