// The stand-in for Slack, in a process of its own. Slack itself is on other machines, so it gives way to what is measured.
import { constants, setPriority } from "node:os";
import { startSlack } from "../../src/demo/slack/start-slack.ts";
import { servePart } from "../part.ts";
import { SEED } from "../world.ts";

setPriority(constants.priority.PRIORITY_LOW);
const HANGING_CALLS = 500;
/** Slack itself takes about one message a second in a channel; here our own time is measured, so it takes what comes. */
const rate = { perSecond: 10_000, burst: 10_000 };

const slack = await startSlack({
  seed: SEED,
  rate,
  mount: (app) => {
    app.post("/nobody", (_request, response) => response.send("ok"));
  },
});
servePart(slack.apiUrl, {
  hang: () => {
    for (let nth = 0; nth < HANGING_CALLS; nth++) slack.faults.next("*", { hang: true });
  },
  heal: () => {
    slack.faults.clear();
  },
});
