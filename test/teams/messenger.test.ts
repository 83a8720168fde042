import { silent } from "../../src/log.ts";
import { Connector } from "../../src/teams/connector.ts";
import { Conversations } from "../../src/teams/conversations.ts";
import { TeamsMessenger } from "../../src/teams/messenger.ts";
import { Pace } from "../../src/teams/pace.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { messengerContract } from "../app/messenger-contract.ts";
import { startTestRedis } from "../support/redis.ts";
import { ACME_TEAM, T_ALICE, T_APPROVALS, TENANT } from "../support/teams/seed.ts";
import { startTeams } from "../support/teams/start-teams.ts";
import { readable } from "../support/teams/teamwork.ts";

messengerContract("Teams", async () => {
  const teams = await startTeams({ seed: ACME_TEAM });
  const server = await startTestRedis();
  const redis = connectRedis(server.url, { role: "commands", log: silent });
  await redis.hset("{breakglass}:teams", "service", teams.serviceUrl);
  let now = 0;
  const messenger = new TeamsMessenger({
    connector: new Connector({ check: () => Promise.resolve(), token: () => Promise.resolve(undefined) }),
    conversations: new Conversations(redis),
    // Time enough between two posts.
    pace: new Pace(
      () => (now += 400),
      () => 0,
    ),
    names: { name: (person) => person, account: (person) => (person === "alice" ? T_ALICE : undefined) },
    tenant: TENANT,
    pause: () => Promise.resolve(),
  });
  const faults = {
    busy: { status: 429, retryAfter: 1 },
    lost: { loseAnswer: true },
    broken: { status: 500 },
  };
  return {
    messenger,
    channel: T_APPROVALS,
    nowhere: "19:nowhere@thread.tacv2",
    read: (channel, thread) =>
      teams.work
        .in(channel)
        .filter(({ conversation, id }) =>
          thread === undefined
            ? !conversation.includes(";") || conversation.endsWith(`=${id}`)
            : conversation.endsWith(`=${thread}`) && id !== thread,
        )
        .map(readable),
    remove: (_channel, message) => {
      teams.work.remove(message);
    },
    next: (fault) => {
      teams.faults.next("create", faults[fault]);
    },
    stop: async () => {
      redis.disconnect();
      await teams.close();
      await server.stop();
    },
  };
});
