import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { REFUSED, Throttle } from "../app/throttle.ts";
import { whois } from "../app/whois.ts";
import { createTeamsBot, TEAMS_ROUTE } from "../teams/bot.ts";
import { teamsHomes } from "../teams/home.ts";
import { TeamsMessenger } from "../teams/messenger.ts";
import type { Foundation } from "./foundation.ts";
import type { Shared, Side } from "./side.ts";
import type { TeamsLine } from "./teams-line.ts";

/** How people reach the door from Teams, and what is said to Teams. */
export function teamsSide(base: Foundation, line: TeamsLine, shared: Shared): Side {
  const { policies, directory, queries, insights, urgentFirst, log } = base;
  const { handle, keys, received, homes, web } = shared;
  const { connector, conversations, pace, framework } = line;
  const { tenant, by } = line.config;
  const names = base.names("teams");
  const policy = () => policies.current;
  const messenger = new TeamsMessenger({
    connector,
    conversations,
    pace,
    names,
    tenant,
    pause: (ms) => setTimeout(ms),
  });
  homes.add("teams", teamsHomes(messenger, conversations, names));
  return {
    platform: "teams",
    messenger,
    listen: (speaking) => {
      web.use(TEAMS_ROUTE, (_request, response, next) => {
        response.once("close", urgentFirst.begin());
        next();
      });
      const refusals = new Throttle(REFUSED, () => performance.now());
      const bot = createTeamsBot({
        context: {
          ...{ handle, keys, queries, insights, policy, messenger, homes, connector, conversations, names, log },
          whois: (account) => whois(policy(), { via: "teams", account }, directory),
          cardAt: (request, stands) => speaking.announce.cardAt(request, stands),
          claim: received.claim,
          token: () => randomBytes(16).toString("hex"),
        },
        gate: { framework, tenant, playground: by === "playground", refusals, log },
        web,
        log,
      });
      return Promise.resolve({ stop: () => bot.stop(), ready: () => line.ready() });
    },
  };
}
