import { plays } from "../config.ts";
import type { KeyDoor } from "../app/key-door.ts";
import { KeyRing } from "../app/key-ring.ts";
import { keyLine } from "../app/key-answer.ts";
import { readPolicy } from "../app/policies.ts";
import { providerChecks } from "../app/provider-checks.ts";
import type { EnrolledKey } from "../domain/keys.ts";
import { CodedError } from "../errors.ts";
import { Queues } from "../jobs/queues.ts";
import { silent } from "../log.ts";
import { plain } from "../slack/mrkdwn.ts";
import { layStepUp } from "../serve/step-up.ts";
import { directoryOf } from "./directory-of.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { policyNames } from "./policy-names.ts";
import { serverAccount } from "./server-account.ts";
import { withLedger } from "./with-ledger.ts";

/** `breakglass keys list`: everybody's security keys, or one person's. */
export async function listKeys(
  io: Io,
  person: string | undefined,
  options: { readonly json: boolean },
): Promise<ExitCode> {
  const names = await policyNames(io);
  const all = await withLedger(io, async (ledger) => [...(await new KeyRing(ledger).read()).byCredential.values()]);
  const found = all.filter((key) => person === undefined || key.person === person);
  if (options.json) io.result(JSON.stringify(found.map(summary), null, 2));
  else if (found.length === 0) io.talk("no key is enrolled");
  else for (const key of found) io.result(`${key.person}: ${plain(keyLine(key), names).replace("• ", "")}`);
  return 0;
}

/**
 * `breakglass keys invite`: prints a one-time link to where a person enrols a key. Who has keys already needs an administrator's
 * confirmation too, unless nobody is left who could give it.
 *
 * @returns 1 when an administrator has to confirm it first
 */
export async function inviteKey(io: Io, person: string): Promise<ExitCode> {
  return await withDoor(io, async (door, account) => {
    const { change, link } = await door.handle({ via: "cli", account }, { type: "AddKey", person });
    if (link === undefined) {
      io.result(
        `${change?.id ?? ""}: ${person} has a key, so an administrator confirms this in the security channel first`,
      );
      io.talk("hint: then run this again, or let them type /breakglass key add");
      return 1;
    }
    io.result(link);
    io.talk(
      `for ${person} alone, within an hour, once: give it to them in person, not in chat. The security channel is told.`,
    );
    return 0;
  });
}

/** `breakglass keys remove`. @returns 1 when an administrator has to confirm it first */
export async function removeKey(io: Io, person: string, key: string): Promise<ExitCode> {
  return await withDoor(io, async (door, account) => {
    const { change } = await door.handle({ via: "cli", account }, { type: "RemoveKey", person, key });
    const done = change?.phase === "done";
    io.result(
      `${change?.id ?? ""}: ${done ? "removed; the security channel is told" : "an administrator confirms this in the security channel first"}`,
    );
    return done ? 0 : 1;
  });
}

async function withDoor(io: Io, use: (door: KeyDoor, account: string) => Promise<ExitCode>): Promise<ExitCode> {
  return await withLedger(io, async (ledger, config, redis) => {
    if (!plays(config, "bot")) {
      throw new CodedError("CONFIG_INVALID", `ROLE is ${config.role} here, and keys are the bot's.`, {
        next: "Run this with the bot's environment: its PUBLIC_URL is in the link.",
      });
    }
    const policy = await readPolicy({
      path: config.policyFile,
      env: io.env,
      providers: providerChecks,
      secrets: false,
    });
    const queues = new Queues(redis, silent);
    const { keyDoor } = layStepUp({
      ...{ config, ledger, redis, queues, now: Date.now, log: silent },
      policy: () => policy,
      directory: await directoryOf(config),
    });
    try {
      return await use(keyDoor, serverAccount(io.env));
    } finally {
      await queues.close();
    }
  });
}

function summary({ credential, person, name, model, synced, counter, enrolledAt }: EnrolledKey) {
  return { person, name, credential, model, synced, counter, enrolledAt: new Date(enrolledAt).toISOString() };
}
