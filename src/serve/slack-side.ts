import { whois } from "../app/whois.ts";
import type { SlackConfig } from "../config.ts";
import { createSlackBot, SLACK_ROUTE } from "../slack/bot.ts";
import { slackHomes } from "../slack/homes.ts";
import { SlackMessenger } from "../slack/messenger.ts";
import type { Foundation } from "./foundation.ts";
import type { Shared, Side } from "./side.ts";

/** How people reach the door from Slack, and what is said to Slack. */
export function slackSide(base: Foundation, config: SlackConfig, shared: Shared): Side {
  const { policies, directory, queries, insights, slack, urgentFirst, log, now } = base;
  const { handle, keys, received, homes, recordOf, web } = shared;
  const names = base.names("slack");
  const policy = () => policies.current;
  const messenger = new SlackMessenger(slack.clients.posting, names, () => slack.identity, now);
  homes.add("slack", slackHomes(slack.clients.posting, names, now));
  return {
    platform: "slack",
    messenger,
    listen: async () => {
      web.use(SLACK_ROUTE, (_request, response, next) => {
        response.once("close", urgentFirst.begin());
        next();
      });
      const bot = createSlackBot({
        config,
        context: {
          ...{ handle, keys, queries, insights, policy, messenger, homes, names, recordOf, log },
          whois: (account) => whois(policy(), { via: "slack", account }, directory),
          client: slack.clients.answering,
          claim: received.claim,
        },
        own: () => slack.identity,
        known: slack.known,
        web,
        guard: { now, received },
        log,
      });
      await bot.start();
      return { stop: () => bot.stop(), ready: async () => bot.problem() ?? (await slack.ready()) };
    },
  };
}
