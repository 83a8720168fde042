import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { CodedError } from "../../errors.ts";

/** Somebody in the Playground, by their Entra object id. */
export interface PlaygroundPerson {
  readonly id: string;
  readonly name: string;
  readonly aadObjectId: string;
}

export interface PlaygroundSeed {
  readonly tenant: string;
  readonly bot: { readonly id: string; readonly name: string };
  /** Whoever sits before the page. */
  readonly me: PlaygroundPerson;
  /** The Playground wants five. */
  readonly others: readonly PlaygroundPerson[];
  readonly chat: string;
  /** The team's own id is that of its General channel; there is room for one more. */
  readonly team: { readonly id: string; readonly name: string };
  readonly channel: { readonly id: string; readonly name: string };
}

/** Microsoft's Agents Playground, running. */
export interface Playground {
  /** Where its page is. */
  readonly url: string;
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 20_000;

/**
 * Starts Microsoft's Agents Playground: a page like Teams, and the Bot Connector behind it. It listens on all interfaces, and
 * its licence is for evaluating: it is a development dependency, and nothing of the program needs it.
 *
 * @param options - `dir`: an empty folder for its configuration and log; `bot`: where the bot takes messages
 * @throws `CONFIG_INVALID` when it isn't installed or doesn't start
 */
export async function startPlayground(options: {
  readonly seed: PlaygroundSeed;
  readonly port: number;
  readonly bot: string;
  readonly dir: string;
}): Promise<Playground> {
  const { seed, port, bot, dir } = options;
  await writeFile(join(dir, ".m365agentsplayground.yml"), stringify(configOf(seed)));
  const args = [programPath(), "-e", bot, "-c", "msteams", "-p", String(port), "--disable-telemetry"];
  const env = { ...process.env, TEAMSAPPTESTER_BROWSER: "none" };
  const child = spawn(process.execPath, args, { cwd: dir, env, stdio: "ignore" });
  const ended = once(child, "exit");
  const url = `http://localhost:${port}`;
  const until = performance.now() + READY_LIMIT_MS;
  while (!(await answers(`${url}/_internal/v1/config`))) {
    if (child.exitCode !== null || performance.now() > until) {
      child.kill();
      throw new CodedError("CONFIG_INVALID", "The Agents Playground did not start.", {
        next: `Is port ${port} free? Its log is devTools/m365agentsplayground.log in ${dir}.`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

function programPath(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve("@microsoft/m365agentsplayground/package.json");
    return join(dirname(manifest), "cli.js");
  } catch (cause) {
    throw new CodedError("CONFIG_INVALID", "The Agents Playground is not installed.", {
      next: "It is a development dependency: npm install --include=dev",
      cause,
    });
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

function configOf({ tenant, bot, me, others, chat, team, channel }: PlaygroundSeed): object {
  return {
    version: "0.1.1",
    tenantId: tenant,
    bot,
    currentUser: personOf(me),
    users: others.map(personOf),
    personalChat: { id: chat },
    groupChat: { id: "group-chat", name: "Group chat" },
    team: { ...team, aadGroupId: "00000000-0000-0000-0000-000000000031", channels: [channel] },
  };
}

function personOf({ id, name, aadObjectId }: PlaygroundPerson): object {
  const [givenName = name, surname = name] = name.split(" ");
  const email = `${givenName.toLowerCase()}@acme.test`;
  return { id, name, aadObjectId, givenName, surname, email, userPrincipleName: email };
}
