import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { WebClient } from "@slack/web-api";
import { createEmulator } from "emulate";
import { parse } from "yaml";
import { z } from "zod";
import type { SlackConfig } from "../../src/config.ts";
import { silent } from "../../src/log.ts";
import { slackClients } from "../../src/slack/clients.ts";
import type { SlackIdentity } from "../../src/slack/identity.ts";
import { askIdentity } from "../../src/slack/identity.ts";
import { SlackMessenger } from "../../src/slack/messenger.ts";
import type { Names } from "../../src/cards/names.ts";

const BOT_TOKEN = "xoxb-emulated";
const MUTE_TOKEN = "xoxb-mute";
const BOT = { app_id: "A0BREAKGLASS", bot_id: "B0BREAKGLASS", bot_user_id: "U0BREAKGLASS" };
const PEOPLE = { alice: "Alice Ng", bob: "Bob Ortiz" };

/** Who `emulate` says we are: its one workspace always has this id. */
export const OURS: SlackIdentity = {
  team: "T000000001",
  teamName: "Acme",
  enterprise: undefined,
  app: BOT.app_id,
  bot: BOT.bot_id,
  user: BOT.bot_user_id,
};

/** Slack as somebody else understood it, with our app installed as its manifest asks, and not invited anywhere. */
export interface EmulatedSlack {
  /** For our own clients. */
  readonly config: SlackConfig;
  /** The same with a token that may not write. */
  readonly mute: SlackConfig;
  /** What a person of the workspace sees and does, through the same Web API. */
  readonly alice: WebClient;
  readonly bob: WebClient;
  /** Ids by name, of people and channels. */
  readonly id: (name: string) => string;
  readonly names: Names;
  messenger(config?: SlackConfig): SlackMessenger;
  stop(): Promise<void>;
}

/** Starts `emulate`'s Slack on a free port, strict about scopes. */
export async function startEmulatedSlack(): Promise<EmulatedSlack> {
  const emulator = await createEmulator({
    service: "slack",
    port: 0,
    seed: {
      slack: {
        strict_scopes: true,
        team: { name: OURS.teamName },
        users: Object.entries(PEOPLE).map(([name, real_name]) => ({ name, real_name })),
        channels: [
          { name: "approvals" },
          { name: "incidents" },
          { name: "old", topic: "archived" },
          { name: "secret", is_private: true },
        ],
        oauth_apps: [{ ...BOT, client_id: "1.1", client_secret: "none", name: "Breakglass", redirect_uris: [] }],
        tokens: [
          { token: BOT_TOKEN, type: "bot", user_id: BOT.bot_user_id, ...BOT, scopes: await scopesOfTheManifest() },
          { token: MUTE_TOKEN, type: "bot", user_id: BOT.bot_user_id, ...BOT, scopes: ["commands"] },
          ...Object.keys(PEOPLE).map((name) => ({ token: `xoxp-${name}`, type: "user", user: name })),
        ],
      },
    },
  });
  const apiUrl = `${emulator.url.replace("localhost", "127.0.0.1")}/api/`;
  const config = (botToken: string): SlackConfig => ({ botToken, apiUrl, by: { signingSecret: "unused" } });
  const person = (name: keyof typeof PEOPLE) =>
    new WebClient(`xoxp-${name}`, { slackApiUrl: apiUrl, retryConfig: { retries: 0 } });
  const [alice, bob] = [person("alice"), person("bob")];
  const ids = new Map<string, string>();
  const { members = [] } = await alice.users.list({});
  const { channels = [] } = await alice.conversations.list({ types: "public_channel,private_channel" });
  for (const { name = "", id = "" } of [...members, ...channels]) ids.set(name, id);
  const id = (name: string) => {
    const found = ids.get(name);
    if (found === undefined) throw new Error(`nothing is called ${name}`);
    return found;
  };
  const identity = await askIdentity(slackClients(config(BOT_TOKEN), silent).answering);
  await alice.conversations.archive({ channel: id("old") });
  const names: Names = {
    name: (key) => (key in PEOPLE ? PEOPLE[key as keyof typeof PEOPLE] : key),
    account: (key) => ids.get(key),
  };
  return {
    config: config(BOT_TOKEN),
    mute: config(MUTE_TOKEN),
    alice,
    bob,
    id,
    names,
    messenger: (ours = config(BOT_TOKEN)) =>
      new SlackMessenger(slackClients(ours, silent).posting, names, () => identity, Date.now),
    stop: () => emulator.close(),
  };
}

/** So that a call which the manifest doesn't cover is refused here as it would be in a real workspace. */
async function scopesOfTheManifest(): Promise<readonly string[]> {
  const text = await readFile(join(import.meta.dirname, "../../manifests/slack.yaml"), "utf8");
  return z.object({ oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }) }).parse(parse(text))
    .oauth_config.scopes.bot;
}
