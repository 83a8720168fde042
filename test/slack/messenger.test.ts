import { startSlack } from "../../src/demo/slack/start-slack.ts";
import { silent } from "../../src/log.ts";
import { slackClients } from "../../src/slack/clients.ts";
import { askIdentity } from "../../src/slack/identity.ts";
import { SlackMessenger } from "../../src/slack/messenger.ts";
import { messengerContract } from "../app/messenger-contract.ts";
import { ACME, ALICE, APPROVALS } from "../support/acme.ts";
import { UNHURRIED } from "../support/stage.ts";

messengerContract("Slack", async () => {
  const slack = await startSlack({ seed: ACME, ...UNHURRIED });
  const { workspace, faults } = slack;
  const config = { botToken: ACME.botToken, apiUrl: slack.apiUrl, by: { signingSecret: ACME.signingSecret } };
  const { answering, posting } = slackClients(config, silent);
  const identity = await askIdentity(answering);
  const names = {
    name: (person: string) => person,
    account: (person: string) => (person === "alice" ? ALICE : undefined),
  };
  const orders = { busy: { retryAfter: 1 }, lost: { loseAnswer: true }, broken: { error: "internal_error" } };
  return {
    messenger: new SlackMessenger(posting, names, () => identity, Date.now),
    channel: APPROVALS,
    nowhere: "C0NOWHERE",
    read: (channel, thread) =>
      (thread === undefined
        ? workspace.messages(channel).filter((message) => message.thread_ts === undefined)
        : workspace.thread(channel, thread).slice(1)
      ).map((message) => workspace.readable(message)),
    remove: (channel, message) => {
      for (const each of workspace.messages(channel)) if (each.ts === message) workspace.remove(each);
    },
    next: (fault) => {
      faults.next("chat.postMessage", orders[fault]);
    },
    stop: () => slack.close(),
  };
});
