import { WebClient } from "@slack/web-api";
import { ChatRefused } from "../../app/messenger.ts";
import type { SlackConfig } from "../../config.ts";
import type { Policy } from "../../domain/policy/schema.ts";
import { asCoded } from "../../errors.ts";
import { silent } from "../../log.ts";
import { call } from "../../slack/call.ts";
import { slackClients } from "../../slack/clients.ts";
import { SlackDirectory } from "../../slack/directory.ts";
import { askIdentity, type SlackIdentity } from "../../slack/identity.ts";
import { BOT_SCOPES } from "../../slack/scopes.ts";
import { findings, type Finding } from "./finding.ts";

const found = findings("slack");
const REINSTALL = "set the app's scopes as in manifests/slack.yaml, and install it again";

/** Whether the tokens work and may do what they must and no more, and whether the bot is in the policy's channels. */
export async function checkSlack(
  config: SlackConfig,
  policy: Policy | undefined,
  now: () => number,
): Promise<Finding[]> {
  const { answering: client } = slackClients(config, silent);
  let identity: SlackIdentity;
  try {
    identity = await askIdentity(client);
  } catch (error) {
    return [failed("the bot token", error)];
  }
  const { teamName, team } = identity;
  return [
    found("fine", `the bot token is good: ${teamName} (${team})`),
    ...(await checkScopes(client)),
    ...(await checkAppToken(config)),
    ...(policy === undefined ? [] : await checkChannels(client, policy)),
    ...(policy === undefined ? [] : await checkGroups(new SlackDirectory(client, () => identity, now, silent), policy)),
  ];
}

async function checkScopes(client: WebClient): Promise<Finding[]> {
  const { response_metadata: metadata } = await call("auth.test", client.auth.test());
  const has = metadata?.scopes;
  if (has === undefined) return [found("warning", "Slack does not tell which scopes the bot has")];
  const missing = BOT_SCOPES.filter((scope) => !has.includes(scope));
  const surplus = has.filter((scope) => !(BOT_SCOPES as readonly string[]).includes(scope));
  if (missing.length + surplus.length === 0)
    return [found("fine", `it has the ${has.length} scopes it needs, and no other`)];
  return [
    ...missing.map((scope) => found("problem", `the scope ${scope} is missing`, REINSTALL)),
    ...surplus.map((scope) => found("warning", `the scope ${scope} is more than it needs`, REINSTALL)),
  ];
}

async function checkAppToken({ by, apiUrl }: SlackConfig): Promise<Finding[]> {
  if (!("appToken" in by)) return [];
  const client = new WebClient(by.appToken, { slackApiUrl: apiUrl, retryConfig: { retries: 0 }, timeout: 10_000 });
  try {
    await call("a Socket Mode address", client.apps.connections.open({}));
    return [found("fine", "the app token is good: Slack gives a Socket Mode address")];
  } catch (error) {
    return [failed("the app token", error)];
  }
}

/** Reading a channel's newest message takes just what finding one's own message after a crash takes: to be in it. */
async function checkChannels(client: WebClient, { channels }: Policy): Promise<Finding[]> {
  const { approvals, incidents, security } = channels;
  return await Promise.all(
    Object.entries({ approvals, incidents, security }).map(async ([name, { slack: channel }]) => {
      if (channel === undefined)
        return found("warning", `the policy names no Slack channel for ${name}: nothing is shown there`);
      try {
        await call(`the channel ${name}`, client.conversations.history({ channel, limit: 1 }));
        return found("fine", `the channel ${name} (${channel}) is reached, and the bot is in it`);
      } catch (error) {
        return failed(`the channel ${name} (${channel})`, error);
      }
    }),
  );
}

async function checkGroups(directory: SlackDirectory, { groups }: Policy): Promise<Finding[]> {
  const asked = Object.entries(groups).map(async ([name, group]): Promise<Finding[]> => {
    if (!("slackGroup" in group)) return [];
    const members = await directory.groupMembers(group.slackGroup);
    return members === undefined
      ? [
          found(
            "problem",
            `the user group of ${name} (${group.slackGroup}) can't be read, and counts as empty`,
            "is its id right?",
          ),
        ]
      : [found("fine", `the user group of ${name} (${group.slackGroup}) is read: ${members.length} in it`)];
  });
  return (await Promise.all(asked)).flat();
}

/** A no of Slack's is an answer; silence is none. */
function failed(what: string, error: unknown): Finding {
  const { message, next } = asCoded(error);
  return found(error instanceof ChatRefused ? "problem" : "unknown", `${what}: ${message}`, next);
}
