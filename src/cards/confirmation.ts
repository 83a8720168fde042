import { votingGroups } from "../domain/decide.ts";
import { drillMark } from "../domain/drill.ts";
import { formatDuration } from "../domain/duration.ts";
import type { KeyChange } from "../domain/keys.ts";
import type { RequestState } from "../domain/request.ts";
import { moment, type Text } from "../domain/text.ts";
import type { Fact, Tone } from "./card.ts";

/** What a page puts before somebody who is to confirm something with a key: everything, in plain words. */
export interface Confirmation {
  readonly tone: Tone;
  /** What it comes to, as a question's answer: `Approve BG-7K3M2Q`. */
  readonly title: string;
  readonly lead: Text;
  readonly facts: readonly Fact[];
  /** What to be aware of. */
  readonly warning?: Text;
  /** What is said once it is confirmed. */
  readonly done: string;
}

/** What can be confirmed of a request. */
type Confirmed = "ask" | "approve" | "break-glass";

const TITLES: Readonly<Record<Confirmed, string>> = {
  ask: "Ask for",
  approve: "Approve",
  "break-glass": "Break glass:",
};

/**
 * What is confirmed of a request.
 *
 * @param state - as it is recorded now
 * @param action - what the person is about to do
 */
export function requestConfirmation(state: RequestState, action: Confirmed): Confirmation {
  const { id, requester, role, target, verdict, justification, durationMs, waitsFrom, approvals } = state;
  const { emergency } = verdict;
  const alone = action === "break-glass";
  const longestMs = alone && emergency !== undefined ? Math.min(durationMs, emergency.maxMs) : durationMs;
  const facts: Fact[] = [
    { label: "For whom", text: [{ person: requester }] },
    { label: "What", text: [{ strong: role }] },
    { label: "Where", text: [`${verdict.title} (${target})`] },
    { label: "How long", text: [formatDuration(longestMs), action === "approve" ? ", from your approval on" : ""] },
    { label: "Why", text: [{ said: justification }], wide: true },
  ];
  if (verdict.runbook !== undefined)
    facts.push({ label: "Runbook", text: [{ link: verdict.runbook, label: verdict.runbook }], wide: true });
  if (action === "approve") {
    const so_far = approvals.length === 0 ? "" : `, ${approvals.length} so far`;
    facts.push({ label: "Takes", text: [`${verdict.quorum} of ${votingGroups(state).join(", ")}${so_far}`] });
    facts.push({ label: "Lapses", text: [moment(waitsFrom + verdict.lapseMs, waitsFrom)] });
  }
  return {
    tone: alone ? "alarm" : "waiting",
    title: `${drillMark(state)}${TITLES[action]} ${id}`,
    lead: lead(state, action),
    facts,
    ...(alone && { warning: ["Nobody approves this. The security channel is called, and it will be reviewed."] }),
    done: DONE[action],
  };
}

const DONE: Readonly<Record<Confirmed | "confirm-key", string>> = {
  ask: "Your request is confirmed. Chat says how it goes on.",
  approve: "Your approval is recorded. The card in chat says how it stands.",
  "break-glass": "You broke the glass. Access is being given; chat says how to get in.",
  "confirm-key": "It is confirmed. The security channel says so too.",
};

function lead({ requester, drill }: RequestState, action: Confirmed): Text {
  if (drill !== undefined)
    return ["This is a drill: nobody is let in, and all else is as it would be. Read it as if it were not one."];
  if (action === "ask") return ["You are about to ask for this access. Nobody is called before you confirm it."];
  if (action === "approve")
    return ["You are about to let ", { person: requester }, " in. Read it as if you were asked on the phone."];
  return ["You are about to go ahead alone."];
}

/** What is confirmed of somebody's keys. */
export function keyConfirmation({ id, kind, person, askedBy, keyName }: KeyChange): Confirmation {
  const asker: Text =
    askedBy.person === undefined ? [`${askedBy.account ?? "somebody"} (on the server)`] : [{ person: askedBy.person }];
  const facts: Fact[] = [
    { label: "Whose key", text: [{ person }] },
    { label: "What", text: [kind === "add" ? "Enrol one more key" : "Remove a key"] },
    ...(keyName === undefined ? [] : [{ label: "Key", text: [{ said: keyName }] }]),
    { label: "Asked by", text: asker },
  ];
  return {
    tone: "waiting",
    title: `Confirm ${id}`,
    lead: ["You are about to let ", { person }, kind === "add" ? " enrol a key." : "'s key be removed."],
    facts,
    warning: ["Have you spoken with them, and not only in chat? Whoever has their chat account may have asked."],
    done: DONE["confirm-key"],
  };
}
