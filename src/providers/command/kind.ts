import { z } from "zod";
import { inWords } from "../../domain/policy/form.ts";
import { CodedError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { healthOf } from "../health.ts";
import { principalName } from "../principal-name.ts";
import type { Granted, GrantOrder, Handle, Provider, ProviderKind } from "../provider.ts";
import { shellQuote } from "../shell-quote.ts";
import { Timeout, timeoutMs } from "../timeout.ts";
import { ANSWERS, readAnswer } from "./answers.ts";
import { runProgram, type Program } from "./run-program.ts";

const Connection = z.strictObject({
  command: z.array(z.string().regex(/^[^\0]*$/, "must not hold a NUL")).min(1),
  timeout: Timeout.optional(),
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, "must be the name of a variable"), z.string()).optional(),
});

const Role = z.record(z.string(), z.json());

/** A target's `connection:`. `command` is a program and its arguments; `env` is added to `PATH`, `HOME` and `LANG`. */
export type CommandConnection = z.infer<typeof Connection>;

/** A role's `grant:`, any JSON object. The program gets it as it is. */
export type CommandRole = z.infer<typeof Role>;

/**
 * Targets behind a program of one's own: one JSON object on stdin (`action`, and what it is about), one on stdout, and an
 * exit code. Exit code 0 is yes; 75 (EX_TEMPFAIL of sysexits.h) means that nothing was done and later may work; any other
 * is a no, and then nothing may have been given.
 *
 * @param environment - where `PATH`, `HOME` and `LANG` come from
 */
export function commandKind(
  environment: Readonly<Record<string, string | undefined>>,
): ProviderKind<CommandConnection, CommandRole> {
  return {
    kind: "command",
    parseConnection: (input) => Connection.parse(input, { error: inWords }),
    parseRole: (input) => Role.parse(input, { error: inWords }),
    open: (connection) => open(connection, environment),
  };
}

function open(
  connection: CommandConnection,
  environment: Readonly<Record<string, string | undefined>>,
): Provider<CommandRole> {
  const passed = ["PATH", "HOME", "LANG"].flatMap((key) => {
    const value = environment[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  const program: Program = {
    command: connection.command,
    env: { ...Object.fromEntries(passed), ...connection.env },
    timeout: timeoutMs(connection.timeout, 30_000),
  };
  const closing = new AbortController();
  const run = async (action: keyof typeof ANSWERS, about: object, signal: AbortSignal): Promise<string> =>
    runProgram(program, JSON.stringify({ action, ...about }), AbortSignal.any([signal, closing.signal]));
  const revoke = async (handle: Handle, signal: AbortSignal): Promise<readonly string[]> =>
    readAnswer(ANSWERS.revoke, await run("revoke", handle, signal)).done ?? ["access removed"];
  const grant = async (order: GrantOrder<CommandRole>, signal: AbortSignal): Promise<Granted> => {
    const { request, person, role } = order;
    const handle = { request, name: principalName(request) };
    const deadline = new Date(order.deadline).toISOString();
    const stdout = await run("grant", { ...handle, person, role, deadline }, signal);
    try {
      return granted(handle, readAnswer(ANSWERS.grant, stdout));
    } catch (thrown) {
      await undo(() => revoke(handle, signal));
      throw thrown;
    }
  };
  return {
    revocation: "immediate",
    grant,
    revoke,
    list: async (signal) => readAnswer(ANSWERS.list, await run("list", {}, signal)).handles.map(toHandle),
    check: (signal) =>
      healthOf(signal, async () => problemsOf(readAnswer(ANSWERS.check, await run("check", {}, signal)))),
    byHand: (handle) => [
      // Their values may be secrets. Without them the program could fail, or end the wrong thing.
      ...Object.keys(connection.env ?? {}).map(
        (name) => `export ${name}="\${${name}:?set it as connection.env in the policy has it}"`,
      ),
      `printf '%s' ${shellQuote(JSON.stringify({ action: "revoke", ...handle }))} | ${connection.command.map(shellQuote).join(" ")}`,
    ],
    close: () => {
      closing.abort();
      return Promise.resolve();
    },
  };
}

/** A grant with an answer that can't be used was given all the same. A refusal says that nothing is there, so it is taken back first. */
async function undo(revoke: () => Promise<unknown>): Promise<void> {
  try {
    await revoke();
  } catch (thrown) {
    throw new CodedError(
      "TARGET_TIMEOUT",
      "The program's answer can't be used, and what it gave could not be taken back.",
      {
        cause: thrown,
      },
    );
  }
}

function granted(handle: Handle, { credential, ref }: z.infer<typeof ANSWERS.grant>): Granted {
  if (credential === undefined) return { handle: toHandle({ ...handle, ref }) };
  const { user, password, connect } = credential;
  return {
    handle: toHandle({ ...handle, ref }),
    credential: { user, password: new Secret(password), ...(connect !== undefined && { connect }) },
  };
}

function toHandle({ request, name, ref }: z.infer<typeof ANSWERS.list>["handles"][number]): Handle {
  return { ...(request !== undefined && { request }), name, ...(ref !== undefined && { ref }) };
}

function problemsOf({ ok, problems = [] }: z.infer<typeof ANSWERS.check>): readonly string[] {
  return ok || problems.length > 0 ? problems : ["The program says that it can't work, but not why."];
}
