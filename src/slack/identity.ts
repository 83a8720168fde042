import type { WebClient } from "@slack/web-api";
import { z } from "zod";
import { ChatRefused } from "../app/messenger.ts";
import { call } from "./call.ts";

/** Who the bot is: what Slack told at start. */
export interface SlackIdentity {
  readonly team: string;
  readonly teamName: string;
  readonly enterprise: string | undefined;
  readonly app: string | undefined;
  readonly bot: string | undefined;
  readonly user: string;
}

const testSchema = z.object({
  team_id: z.string(),
  team: z.string().default(""),
  user_id: z.string(),
  bot_id: z.string().optional(),
  app_id: z.string().optional(),
  enterprise_id: z.string().nullish(),
});

/** Asks Slack who we are (auth.test, and bots.info where the former doesn't tell the app). @throws as `call` */
export async function askIdentity(client: WebClient): Promise<SlackIdentity> {
  const test = testSchema.parse(await call("auth.test", client.auth.test()));
  let app = test.app_id;
  if (app === undefined && test.bot_id !== undefined) {
    app = await askApp(client, test.bot_id);
  }
  return {
    team: test.team_id,
    teamName: test.team,
    enterprise: test.enterprise_id ?? undefined,
    app,
    bot: test.bot_id,
    user: test.user_id,
  };
}

/** Undefined where Slack won't tell: then a call is only held against the workspace. */
async function askApp(client: WebClient, bot: string): Promise<string | undefined> {
  try {
    return (await call("bots.info", client.bots.info({ bot }))).bot?.app_id;
  } catch (error) {
    if (error instanceof ChatRefused) return undefined;
    throw error;
  }
}

const idObject = z.object({ id: z.string().optional() }).nullish();
const payloadSchema = z.object({
  api_app_id: z.string().optional(),
  team_id: z.string().optional(),
  enterprise_id: z.string().nullish(),
  team: idObject,
  enterprise: idObject,
});

/**
 * Why a payload is not for us: another app's or another workspace's. Undefined when it is ours. A person of another workspace who
 * is in a shared channel of this one is refused with everybody else who may do nothing here, and in words.
 *
 * @param body - any payload of Slack's: command, interaction or event
 */
export function foreign(body: unknown, own: SlackIdentity): string | undefined {
  const parsed = payloadSchema.safeParse(body);
  if (!parsed.success) return "it has no known form";
  const { api_app_id: app, team_id: teamId, enterprise_id: enterpriseId, team, enterprise } = parsed.data;
  if (own.app !== undefined && app !== own.app) return "it is for another app";
  const theirs = team?.id ?? teamId;
  const ofUs = own.enterprise !== undefined && (enterprise?.id ?? enterpriseId) === own.enterprise;
  if (theirs !== own.team && !ofUs) return "it comes from another workspace";
  return undefined;
}
