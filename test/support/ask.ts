import assert from "node:assert/strict";
import type { SendResult, Tamper } from "../../src/demo/slack/delivery/delivery.ts";
import type { Target } from "../../src/demo/slack/person/target.ts";
import type { Message } from "../../src/demo/slack/workspace/message.ts";
import { INC_42 } from "./acme.ts";
import { idIn, type Stage } from "./stage.ts";
import { until } from "./until.ts";

const STILL_WORKING = /^Working on it…$/;

/** What a person did, and what they were shown in answer to it. */
export interface Answered extends SendResult {
  readonly text: string;
}

/** A stage, or whatever else has a Slack that shows things. */
export type Shown = Pick<Stage, "slack" | "readable">;

/** Types `/breakglass …` and waits for the answer. */
export async function type(
  stage: Shown,
  user: string,
  text: string,
  options: { channel?: string } & Tamper = {},
): Promise<Answered> {
  const person = stage.slack.workspace.as(user);
  return await answered(
    stage,
    user,
    async () => await person.command("/breakglass", text, { channel: INC_42, ...options }),
  );
}

/** Clicks a button and waits for the answer. */
export async function click(
  stage: Shown,
  user: string,
  message: Message,
  target: Target,
  tamper: Tamper = {},
): Promise<Answered> {
  return await answered(stage, user, async () => await stage.slack.workspace.as(user).click(message, target, tamper));
}

/** Asks for access in one line, and gives the request's id. */
export async function ask(stage: Shown, user: string, text: string, channel = INC_42): Promise<string> {
  const { text: receipt } = await type(stage, user, text, { channel });
  assert.match(receipt, /Recorded: /);
  return idIn(receipt);
}

async function answered(stage: Shown, user: string, act: () => Promise<SendResult>): Promise<Answered> {
  const { workspace, calls } = stage.slack;
  const before = workspace.ephemerals(user).length;
  const callsBefore = calls.list().length;
  const result = await act();
  assert.equal(result.problem, null);
  const text = await until(
    () =>
      workspace
        .ephemerals(user)
        .slice(before)
        .map(stage.readable)
        .find((shown) => !STILL_WORKING.test(shown)),
    "an answer",
    () =>
      [
        ...workspace.ephemerals(user).slice(before).map(stage.readable),
        ...calls
          .list()
          .slice(callsBefore)
          .map(({ method, status, answer }) => `${method}: ${status} ${JSON.stringify(answer).slice(0, 200)}`),
      ].join("\n---\n"),
  );
  return { ...result, text };
}
