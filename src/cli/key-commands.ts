import type { Command } from "commander";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";

/** Adds `breakglass keys …`. */
export function addKeyCommands(program: Command, io: Io, run: (work: Promise<ExitCode>) => Promise<void>): void {
  const keys = program
    .command("keys")
    .description("people's security keys: list them, invite to enrol one, remove one")
    .addHelpText("after", "\nExamples:\n  breakglass keys list\n  breakglass keys invite carol");
  keys
    .command("list")
    .argument("[person]", "default: everybody")
    .description("who has which keys")
    .option("--json", "as JSON, for programs")
    .addHelpText("after", "\nExamples:\n  breakglass keys list\n  breakglass keys list carol --json")
    .action((person: string | undefined, { json = false }: { json?: boolean }) =>
      run(import("./keys.ts").then(({ listKeys }) => listKeys(io, person, { json }))),
    );
  keys
    .command("invite")
    .argument("<person>", "as the policy calls them")
    .description("print a one-time link to where they enrol a key")
    .addHelpText("after", "\nExamples:\n  breakglass keys invite carol")
    .action((person: string) => run(import("./keys.ts").then(({ inviteKey }) => inviteKey(io, person))));
  keys
    .command("remove")
    .argument("<person>", "as the policy calls them")
    .argument("<key>", "the key's name")
    .description("ask that a key of theirs is removed; an administrator confirms it")
    .addHelpText("after", "\nExamples:\n  breakglass keys remove carol 'YubiKey on my keyring'")
    .action((person: string, key: string) =>
      run(import("./keys.ts").then(({ removeKey }) => removeKey(io, person, key))),
    );
}
