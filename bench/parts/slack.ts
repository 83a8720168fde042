// The stand-in for Slack, in a process of its own.
import { startSlack } from "../../src/demo/slack/start-slack.ts";
import { servePart } from "../part.ts";
import { SEED } from "../world.ts";

const HANGING_CALLS = 500;
const perSecond = Number(process.env["BENCH_SLACK_RATE"] ?? 1);

const slack = await startSlack({ seed: SEED, rate: { perSecond, burst: 20 * perSecond } });
servePart(slack.apiUrl, {
  hang: () => {
    for (let nth = 0; nth < HANGING_CALLS; nth++) slack.faults.next("*", { hang: true });
  },
  heal: () => {
    slack.faults.clear();
  },
});
