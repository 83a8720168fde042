import type { TeamsConfig } from "../../config.ts";
import type { Policy } from "../../domain/policy/schema.ts";
import { asCoded } from "../../errors.ts";
import { createBotFramework, type BotFramework } from "../../teams/bot-framework.ts";
import { findings, type Finding } from "./finding.ts";

const found = findings("teams");

/**
 * Whether Microsoft gives us a token, and whether the policy names channels. Whether the bot is in them, only Teams' first call tells.
 *
 * @param framework - in place of Microsoft's own
 */
export async function checkTeams(
  config: TeamsConfig,
  policy: Policy | undefined,
  framework?: BotFramework,
): Promise<Finding[]> {
  return [
    await checkToken(config, framework ?? (await createBotFramework(config))),
    ...(policy === undefined ? [] : checkChannels(policy)),
  ];
}

async function checkToken({ by, tenant }: TeamsConfig, framework: BotFramework): Promise<Finding> {
  if (by === "playground") return found("warning", "TEAMS_PLAYGROUND lets in whoever calls from this machine");
  try {
    await framework.token();
    return found("fine", `Microsoft gives a token to the bot ${by.appId} in the tenant ${tenant}`);
  } catch (error) {
    // A wrong secret and a Microsoft that is away can't be told apart for sure.
    const { message, next } = asCoded(error);
    return found("unknown", message, next);
  }
}

function checkChannels({ channels: { approvals, incidents, security } }: Policy): Finding[] {
  return Object.entries({ approvals, incidents, security }).flatMap(([name, { teams }]) =>
    teams === undefined
      ? [found("warning", `the policy names no Teams channel for ${name}: nothing is shown there`)]
      : [],
  );
}
