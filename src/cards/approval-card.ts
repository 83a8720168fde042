import { votingGroups } from "../domain/decide.ts";
import { drillMark } from "../domain/drill.ts";
import { formatDuration } from "../domain/duration.ts";
import { spentText } from "../domain/narrate.ts";
import { takesProof, type RequestState } from "../domain/request.ts";
import { moment, type Span, type Text } from "../domain/text.ts";
import { APPROVE, DENY, REVOKE_NOW } from "./buttons.ts";
import type { Button, Card, Fact } from "./card.ts";
import { decidedText, phaseText, toneOf, whatText } from "./request-facts.ts";

/** How many approvers are called by name; a longer list is a crowd, in which nobody feels meant. */
const CALLED_MAX = 12;

/**
 * The card in the approvals channel: what an approver needs to decide, and afterwards what was decided.
 *
 * @param state - the request
 * @param record - the requester's recent history, in one line
 */
export function approvalCard(state: RequestState, record: string): Card {
  const { id, requester, justification, durationMs, verdict } = state;
  const decided = decidedText(state);
  const facts: Fact[] = [
    { label: "Who", text: [{ person: requester }] },
    { label: "What", text: [whatText(state)] },
    { label: "How long", text: [formatDuration(durationMs)] },
    { label: "Why", text: [{ said: justification }], wide: true },
  ];
  if (verdict.runbook !== undefined)
    facts.push({ label: "Runbook", text: [{ link: verdict.runbook, label: verdict.runbook }] });
  facts.push({ label: "Takes", text: [takes(state)] });
  if (state.phase === "waiting")
    facts.push({ label: "Lapses", text: [moment(state.waitsFrom + verdict.lapseMs, state.waitsFrom)] });
  return {
    tone: toneOf(state),
    title: [
      `${drillMark(state)}${id} · `,
      { person: requester },
      ` · ${state.role} on ${verdict.title} · `,
      ...phaseText(state),
    ],
    facts,
    text: decided.length === 0 ? votes(state) : [decided],
    small: [
      [state.drill === undefined ? record : "A drill: to decide is part of it, and nobody is handed the access."],
      ...(state.phase === "waiting" ? calling(state) : []),
    ],
    buttons: buttons(state),
    request: id,
  };
}

function takes(state: RequestState): string {
  const { quorum, spent } = state.verdict;
  const withKey = takesProof(state.verdict, "approver") ? ", each with a security key" : "";
  const voters = `${quorum} of ${votingGroups(state).join(", ")}${withKey}`;
  return spent === undefined ? voters : `${voters}: ${spentText(spent)}`;
}

function votes({ approvals, verdict }: RequestState): Text[] {
  if (approvals.length === 0) return [];
  const names = approvals.flatMap(({ by }, index): Span[] => [index === 0 ? "" : ", ", { person: by.person ?? "" }]);
  return [[`${approvals.length} of ${verdict.quorum} approved: `, ...names]];
}

function calling({ verdict }: RequestState): Text[] {
  if (verdict.called.length === 0) return [];
  const called = verdict.called.slice(0, CALLED_MAX);
  const more = verdict.called.length - called.length;
  const names = called.flatMap((person, index): Span[] => [index === 0 ? "" : " ", { mention: person }]);
  return [["Calling ", ...names, more > 0 ? ` and ${more} more` : ""]];
}

function buttons({ phase }: RequestState): Button[] {
  if (phase === "waiting") return [APPROVE, DENY];
  return ["approved", "granting", "active"].includes(phase) ? [REVOKE_NOW] : [];
}
