import { SECRET_LEFT, VAULT } from "../domain/accounts.ts";
import { CONFIRM_WITHIN_MS } from "../domain/agenda.ts";
import { factsText } from "../domain/automatic.ts";
import { drillMark } from "../domain/drill.ts";
import { formatDuration } from "../domain/duration.ts";
import type { DomainEvent } from "../domain/events.ts";
import { actorSpan, spentText } from "../domain/narrate.ts";
import { isHeld, type RequestState } from "../domain/request.ts";
import { ended, moment, type Text } from "../domain/text.ts";
import { ASK_AGAIN, BREAK_GLASS, CONFIRM, END_NOW, OPEN_CREDENTIAL, ROTATE, WITHDRAW } from "./buttons.ts";
import type { Action, Button, Card } from "./card.ts";
import { toneOf, untilTime, whatText } from "./request-facts.ts";

function card(state: RequestState, title: string, text: Text[], buttons: Button[], small: Text[] = []): Card {
  return {
    tone: toneOf(state),
    title: [`${drillMark(state)}${state.id} · ${title}`],
    facts: [],
    text,
    small,
    buttons,
    request: state.id,
  };
}

/**
 * The answer to whoever asked: recorded, under which id, and what happens next.
 *
 * @param confirm - the one-time link to where it is confirmed with a key, where that is needed
 */
export function receiptCard(state: RequestState, confirm?: string): Card {
  const { verdict, durationMs, drill } = state;
  const asked: Text = [`Recorded: ${whatText(state)} for ${formatDuration(durationMs)}.`];
  const follow: Text = ["Its thread in the incident channel tells each step. Nobody is handed the access."];
  if (drill?.approver !== undefined)
    return card(
      state,
      "it has begun",
      [asked, [{ person: drill.approver }, " approves it, as its own approver."], follow],
      [],
    );
  if (state.phase === "unconfirmed") {
    const within = `Nobody is called before. Within ${formatDuration(CONFIRM_WITHIN_MS)}, or it lapses.`;
    const link: Text =
      confirm === undefined
        ? []
        : [{ link: confirm, label: "Confirm it with your key" }, " (for you alone, 5 minutes, once). "];
    return card(state, "one more step: your key", [asked, [...link, within]], [CONFIRM, WITHDRAW]);
  }
  if (verdict.automatic !== undefined) {
    return card(
      state,
      "approved by policy",
      [asked, drill === undefined ? ["Access is being given; the way in comes as a direct message."] : follow],
      [],
    );
  }
  const waits: Text = [
    `It takes ${verdict.quorum} of ${verdict.approvers.join(", ")}, and lapses `,
    moment(state.waitsFrom + verdict.lapseMs, state.waitsFrom),
    ".",
  ];
  const spent: Text[] = verdict.spent === undefined ? [] : [[`A person decides: ${spentText(verdict.spent)}.`]];
  const facts: Text[] =
    verdict.facts === undefined
      ? []
      : [[`A person decides: policy approves this by itself only on facts, and ${factsText(verdict.facts)}.`]];
  const alone: Text[] =
    verdict.emergency === undefined
      ? []
      : [[`If nobody decides within ${formatDuration(verdict.emergency.afterMs)}, you may go ahead alone.`]];
  return card(
    state,
    "waiting for approval",
    [asked, ...spent, ...facts, waits, ...alone, ...(drill ? [follow] : [])],
    [WITHDRAW],
  );
}

/**
 * The way in, to the requester alone. It holds no secret: that is shown once, on a page that the button leads to. That it no longer
 * works is said when the target was read back, and not before.
 */
export function credentialCard(state: RequestState): Card {
  const { phase, way, opened, rotation, rotationProblem } = state;
  if (phase === "ended") return card(state, "access is over", [[whatStoodHere(state.secret)]], []);
  if (phase !== "active") return card(state, "access is being ended", [["The credential is being taken back."]], []);
  const lines: Text[] = [];
  if (way !== undefined) lines.push(["User: ", { code: way.user }]);
  if (way?.connect !== undefined) lines.push(["Connect: ", { code: way.connect }]);
  const until: Text = [`You have ${whatText(state)} until `, untilTime(state), "."];
  if (rotation !== undefined)
    return card(state, "access is on", [until, ...lines, ["A fresh password is being made."]], [END_NOW]);
  const failed: Text[] =
    rotationProblem === undefined
      ? []
      : [["🔴 A fresh password could not be made: ", { said: ended(rotationProblem) }, " Rotate tries again."]];
  const isStatic = state.verdict.provider === VAULT;
  if (opened === undefined)
    return card(
      state,
      "access is on",
      [until, ...lines, ["The password is shown once, on a page for you alone."], ...failed],
      failed.length === 0 ? [OPEN_CREDENTIAL, END_NOW] : [OPEN_CREDENTIAL, ROTATE, END_NOW],
    );
  return card(
    state,
    "access is on",
    [
      until,
      ...lines,
      [
        "You opened the password at ",
        { time: opened.at },
        isStatic
          ? ". It is burnt at the end: whoever has it next has another one."
          : ". Lost it? Rotate gives you a fresh one; this one then stops working.",
      ],
      ...failed,
    ],
    isStatic ? [END_NOW] : [ROTATE, END_NOW],
  );
}

/**
 * What the requester is told in person when something happens; undefined when the thread is enough.
 *
 * @param state - the request right after it
 * @param now - the request as it stands now: the mark is its, what no longer holds is said as past, and a button that no longer does
 *   anything goes
 */
export function noticeCard(event: DomainEvent, state: RequestState, now: RequestState): Card | undefined {
  const shown = noticeOf(event, state, now);
  return shown && { ...shown, tone: toneOf(now), buttons: shown.buttons.filter(({ action }) => applies(action, now)) };
}

function applies(action: Action, { phase }: RequestState): boolean {
  if (action === "withdraw" && phase === "unconfirmed") return true;
  if (action === "withdraw" || action === "break-glass") return phase === "waiting";
  return action !== "end" || phase === "active";
}

function noticeOf(event: DomainEvent, state: RequestState, now: RequestState): Card | undefined {
  switch (event.type) {
    case "EmergencyOffered": {
      const most = `go ahead alone, for at most ${formatDuration(event.data.maxMs)}.`;
      return now.phase === "waiting"
        ? card(
            state,
            "nobody has decided yet",
            [[`You may ${most} It is loud, and it will be reviewed.`]],
            [BREAK_GLASS, WITHDRAW],
          )
        : card(state, "nobody had decided by then", [[`You could ${most}`]], []);
    }
    case "RequestDenied":
      return card(
        state,
        "denied",
        [[{ person: event.actor.person ?? "" }, ` said: "`, { said: state.denied?.reason ?? "" }, `"`]],
        [ASK_AGAIN],
      );
    case "RequestLapsed":
      if (!state.confirmed) return card(state, "lapsed", [["It was not confirmed with a key in time."]], [ASK_AGAIN]);
      return card(state, "lapsed", [[`Nobody decided within ${formatDuration(state.verdict.lapseMs)}.`]], [ASK_AGAIN]);
    case "GrantHeld": {
      const problem: Text = [{ said: ended(event.data.problem) }];
      if (!isHeld(now)) {
        const meanwhile = now.grant?.outcome === "given" ? " for a while" : "";
        return card(state, `access could not be given${meanwhile}`, [problem], []);
      }
      const next: Text = [
        "Whoever runs this has to look. Once it is mended, access is given until ",
        untilTime(state),
        ".",
      ];
      return card(state, "approved, and access can't be given yet", [problem, next], []);
    }
    case "GrantFailed":
      return card(
        state,
        "access could not be given",
        [
          [`${state.target}: `, { said: ended(event.data.problem) }],
          [
            now.phase === "ended"
              ? "Nothing is left there, and that was checked."
              : "It is being made sure that nothing is left there.",
          ],
        ],
        [ASK_AGAIN],
      );
    case "GrantSucceeded":
      if (event.data.credential || state.phase !== "active") return undefined;
      if (now.phase === "active")
        return card(
          state,
          "access is on",
          [
            [`You have ${whatText(state)} until `, untilTime(state), "."],
            ["There is no password: you get in with what you have already."],
          ],
          [END_NOW],
        );
      return card(
        state,
        now.phase === "ended" ? "access is over" : "access is being ended",
        [[`It was ${whatText(state)}.`]],
        [],
      );
    case "ExpiryWarned": {
      const left = formatDuration(event.data.leftMs);
      return now.phase === "active"
        ? card(
            state,
            `${left} left`,
            [
              [
                "Access ends ",
                untilTime(state),
                ". It can't be extended; whoever needs more asks again, now or later.",
              ],
            ],
            [END_NOW, ASK_AGAIN],
          )
        : card(state, `it had ${left} left`, [["Access was to end ", untilTime(state), "."]], [ASK_AGAIN]);
    }
    case "RevokeSucceeded":
      return state.grant?.outcome === "failed"
        ? undefined
        : card(state, "access has ended", [[...whyEnded(state), whatIsLeft(event.data.secret)]], [ASK_AGAIN]);
    default:
      return undefined;
  }
}

function whatStoodHere(secret: keyof typeof SECRET_LEFT | undefined): string {
  return secret === "burnt"
    ? "The credential is yours no longer. It works until people have rotated it, and that is known."
    : "The credential no longer works.";
}

function whatIsLeft(secret: keyof typeof SECRET_LEFT | undefined): string {
  return secret === undefined ? "It is gone, and that was checked." : SECRET_LEFT[secret];
}

/** What ended it, to the one whose access it was. */
function whyEnded({ ending, requester }: RequestState): Text {
  if (ending === undefined || ending.cause === "failed" || ending.cause === "late") return [];
  if (ending.cause === "deadline") return ["Time was up. "];
  if (ending.by.person === requester) return ["You ended it. "];
  const reason: Text = ending.reason === undefined ? ["."] : [`: "`, { said: ending.reason }, `".`];
  return [actorSpan(ending.by), " revoked it", ...reason, " "];
}
