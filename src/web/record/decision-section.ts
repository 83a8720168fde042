import type { Confirmed, RecordFacts } from "../../app/record-facts.ts";
import { groundsText } from "../../domain/automatic.ts";
import { formatDuration } from "../../domain/duration.ts";
import type { DomainEvent } from "../../domain/events.ts";
import type { Actor } from "../../domain/people.ts";
import { html, type Html } from "../html.ts";
import { fact, when, who } from "./words.ts";

type NameOf = (person: string) => string;
type Passed = Extract<DomainEvent, { type: "StepUpPassed" }>;

const DOES = {
  ask: "confirmed the request",
  approve: "approved",
  "break-glass": "went ahead alone",
  reveal: "opened the credential",
  "confirm-key": "confirmed a key",
} as const;

/** Who decided, and by what proof. */
export function decisionSection(facts: RecordFacts, nameOf: NameOf): Html {
  const { state, steps, problem } = facts;
  const { verdict } = state;
  const proofs = steps.flatMap(({ event }) => (event?.type === "StepUpPassed" ? [event] : []));
  const votes = steps.flatMap(({ event }) => (event === undefined ? [] : voteOf(event, nameOf)));
  return html`<section aria-labelledby="decided">
    <h2 id="decided">Who decided</h2>
    <dl class="facts">
      ${fact("It took", takes(facts, nameOf))} ${fact("Time to decide", formatDuration(verdict.lapseMs))}
      ${fact("Emergency path", verdict.emergency && `after ${formatDuration(verdict.emergency.afterMs)}, for at most ${formatDuration(verdict.emergency.maxMs)}`)}
      ${fact("With a key", (verdict.stepUp ?? []).length === 0 ? "of nobody" : `of the ${(verdict.stepUp ?? []).join(" and the ")}`)}
      ${fact("Held up by", verdict.heldUpBy?.join(", "))} ${(verdict.facts ?? []).map(factSeen)}
    </dl>
    ${
      votes.length === 0
        ? html`<p>
            Nobody was asked: ${verdict.automatic === undefined ? "there is no vote." : "policy approved it by itself."}
          </p>`
        : html`<table class="short">
            <caption>
              Votes
            </caption>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">Proof</th>
              </tr>
            </thead>
            <tbody>
              ${votes}
            </tbody>
          </table>`
    }
    ${
      proofs.length === 0
        ? undefined
        : html`<h3>Confirmations with a security key</h3>
            ${proofs.map((proof) => proofCard(facts, proof, nameOf))}`
    }
    ${problem === undefined ? undefined : html`<p class="flag"><strong>The check of the confirmations found:</strong> ${problem}</p>`}
  </section>`;
}

function takes({ state: { verdict, drill } }: RecordFacts, nameOf: NameOf): string {
  if (drill?.approver !== undefined) return `${nameOf(drill.approver)}, the drill's own approver, by itself`;
  const { automatic, quorum, approvers } = verdict;
  if (automatic === undefined) return `${quorum} of ${approvers.join(", ")}; never the requester`;
  const { use, of, perMs } = automatic;
  const budget =
    use === undefined || of === undefined || perMs === undefined ? "" : `, ${use} of ${of} in ${formatDuration(perMs)}`;
  return `nobody: policy approves it by itself${budget}`;
}

/** A fact that policy's approving by itself hung on, as it was seen. */
function factSeen(seen: NonNullable<RecordFacts["state"]["verdict"]["facts"]>[number]): Html | string {
  const what = seen.holds ? `yes, ${groundsText([seen])}` : `no, ${seen.why ?? "it was not seen"}`;
  return fact("A fact it hung on", html`${what}; as read at ${when(seen.at)}`);
}

function voteOf(event: DomainEvent, nameOf: NameOf): Html[] {
  const row = (by: Actor, what: Html | string, proof: string) => [
    html`<tr>
      <td>${when(event.at)}</td>
      <td>${who(by, nameOf)}</td>
      <td>${what}</td>
      <td>${proof}</td>
    </tr>`,
  ];
  const proven = (isProven: boolean | undefined) => (isProven === true ? "a security key, below" : "the chat account");
  switch (event.type) {
    case "ApprovalGiven":
      return row(event.actor, `approved (${event.data.votes} of ${event.data.quorum})`, proven(event.data.proven));
    case "RequestDenied":
      return row(event.actor, html`denied: <q>${event.notes?.["reason"] ?? "(erased)"}</q>`, "the chat account");
    case "EmergencyInvoked":
      return row(event.actor, html`<strong class="flag">went ahead alone</strong>`, proven(event.data.proven));
    default:
      return [];
  }
}

function proofCard({ keys, confirmed }: RecordFacts, { actor, at, seq, data }: Passed, nameOf: NameOf): Html {
  const { evidence, action, version, nonce } = data;
  const key = keys.get(evidence.credential);
  const flags = [
    evidence.flags & 1 ? "somebody was there" : undefined,
    evidence.flags & 4 ? "recognised by PIN, finger or face" : undefined,
  ];
  const named =
    key === undefined
      ? "a key that the ledger doesn't know"
      : `"${key.name}" of ${nameOf(key.person)}, enrolled ${new Date(key.enrolledAt).toISOString().slice(0, 10)}`;
  return html`<article class="proof">
    <h4>${who(actor, nameOf)} ${DOES[action]}, ${when(at)}</h4>
    <p>${verdictOf(confirmed.get(seq))}</p>
    <dl class="facts mono">
      ${fact("Key", named)} ${fact("Credential id", html`<code>${evidence.credential}</code>`)}
      ${fact("For", html`${action}, with the request at its version ${version}, by the link <code>${nonce}</code>`)}
      ${fact("Flags", html`<code>0x${evidence.flags.toString(16).padStart(2, "0")}</code> ${flags.filter((each) => each !== undefined).join("; ")}`)}
      ${fact("Counter", evidence.counter === 0 ? "0 (a key that doesn't count)" : String(evidence.counter))}
      ${fact("Client data", html`<code>${evidence.clientData}</code>`)}
      ${fact("Client data hash", html`<code>${evidence.clientDataHash}</code>`)}
      ${fact("Authenticator data", html`<code>${evidence.authenticatorData}</code>`)}
      ${fact("Signature", html`<code>${evidence.signature}</code>`)}
      ${fact("Public key", key && html`<code>${key.publicKey}</code>`)}
    </dl>
  </article>`;
}

function verdictOf(confirmed: Confirmed | undefined): Html {
  if (confirmed === "holds")
    return html`<strong class="good">✓ Verified again:</strong> the signature is of this key, over this request as it
      was then, this person and this action.`;
  if (confirmed === undefined || confirmed === "unknown")
    return html`<strong class="flag">? Not checked:</strong> something before it did not hold.`;
  return html`<strong class="flag">✗ Does not hold:</strong> ${confirmed.problem}`;
}
