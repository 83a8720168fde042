import { posts } from "../../src/cards/posts.ts";
import type { Slack } from "../../src/demo/slack/start-slack.ts";
import type { DomainEvent } from "../../src/domain/events.ts";
import { PROGRAM } from "../../src/ledger/keys.ts";
import { INCIDENTS, SECURITY } from "../support/acme.ts";
import type { Blame } from "./audit.ts";
import { accountOf } from "./people.ts";

/** Each post of a request stands once, and in order, wherever it belongs. */
export function auditThread(id: string, events: readonly DomainEvent[], slack: Slack, blame: Blame): void {
  const [opened] = events;
  if (opened?.type !== "RequestOpened") return;
  const { channels, requester } = opened.data;
  const wanted = posts(id, events, "");
  const places = {
    incident: channels.thread,
    approvals: channels.approvals,
    security: channels.security,
    private: slack.workspace.dm(accountOf(requester)).id,
  };
  for (const [lane, place] of Object.entries(places)) {
    const keys = keysIn(slack, place, id);
    const expected = wanted.filter((post) => post.lane === lane).map(({ key }) => key);
    for (const key of expected) {
      const times = keys.filter((each) => each === key).length;
      // A way in that was closed before it was handed over is not told of.
      if (times === 0 && key !== "credential") blame("missingLines", `${id} ${key} in ${lane}`);
      if (times > 1) blame("doubledLines", `${id} ${key} in ${lane}, ${times} times`);
    }
    const told = keys.filter((key, index) => expected.includes(key) && keys.indexOf(key) === index);
    const order = expected.filter((key) => told.includes(key));
    if (lane !== "private" && told.join() !== order.join())
      blame("misplacedLines", `${id} in ${lane}: ${told.join(" ")}`);
  }
}

/** What happened to the program itself was told once. */
export function auditProgram(slack: Slack, blame: Blame): void {
  for (const place of [SECURITY, INCIDENTS]) {
    const keys = keysIn(slack, place, PROGRAM);
    const doubled = keys.filter((key, index) => keys.indexOf(key) !== index);
    for (const key of doubled) blame("doubledLines", `${key} of the program`);
  }
}

/** The posts of a request that stand in a channel, in the order in which they came. */
function keysIn(slack: Slack, channel: string | undefined, id: string): string[] {
  return slack.workspace
    .messages(channel ?? "")
    .toSorted((one, other) => Number(one.ts) - Number(other.ts))
    .flatMap(({ metadata }) => {
      const { request, key } = metadata?.event_payload ?? {};
      return request === id ? String(key).split(" ") : [];
    });
}
