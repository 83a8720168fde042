import type { DomainEvent } from "../domain/events.ts";
import { foldKeys, NO_KEYS, type KeyChange, type Keys } from "../domain/keys.ts";
import { actorSpan } from "../domain/narrate.ts";
import type { Span, Text } from "../domain/text.ts";
import type { Button, Card } from "./card.ts";
import type { Post } from "./posts.ts";

const CONFIRM_KEY: Button = { action: "confirm-key", label: "Confirm with a key", style: "primary" };
const REFUSE_KEY: Button = { action: "refuse-key", label: "Refuse", style: "danger" };
const ENROL: Button = { action: "enrol-key", label: "Enrol my key", style: "primary" };

/** A post, and whom it is for where that is one person. */
export interface KeyPost {
  readonly post: Post;
  readonly person?: string;
}

/**
 * What chat should show of people's keys: in the security channel a card for each change that somebody asked for, and a line for
 * each that came about; and to the person, privately, that they may enrol one.
 *
 * @param events - of all keys, in order
 * @param since - what was asked before that moment is no news, epoch milliseconds
 */
export function keyPosts(events: readonly DomainEvent[], since: number): KeyPost[] {
  const now = foldKeys(NO_KEYS, events);
  return events
    .filter(({ at }) => at > since)
    .flatMap((event) =>
      postsOf(event, now).map((each): KeyPost => ({ ...each, post: { ...each.post, since: event.seq } })),
    );
}

function postsOf(event: DomainEvent, keys: Keys): KeyPost[] {
  const mark = event.hash.slice(0, 16);
  switch (event.type) {
    case "KeyChangeAsked": {
      const change = keys.changes.get(event.data.change);
      // What an operator may do alone has a line of its own, and nobody is asked.
      if (change === undefined || change.alone === true || change.decidedBy?.via === "cli") return [];
      return [{ post: { key: `key.${mark}`, lane: "security", live: true, content: { card: changeCard(change) } } }];
    }
    case "KeyInvited": {
      const change = keys.changes.get(event.data.change);
      const { person, alone } = event.data;
      const told: KeyPost = {
        post: { key: `invited.${mark}`, lane: "private", live: true, content: { card: invitedCard(change, person) } },
        person,
      };
      if (event.actor.via !== "cli") return [told];
      const text: Text = [actorSpan(event.actor), " let ", { person }, " enrol a key", byHand(alone)];
      return [line(mark, alone === true ? loud(text) : text)];
    }
    case "KeyEnrolled": {
      const { person, synced, model } = event.data;
      const kind = synced ? "a passkey that is copied between devices" : `a key of model ${model}`;
      return [
        line(mark, [
          { person },
          ' enrolled "',
          { said: event.notes?.["name"] ?? "" },
          `", ${kind}. Not you? Remove it: /breakglass key remove`,
        ]),
      ];
    }
    case "KeyRemoved": {
      const { person, change, alone } = event.data;
      const name = keys.changes.get(change)?.keyName ?? "";
      const text: Text = [
        actorSpan(event.actor),
        ' removed the key "',
        { said: name },
        '" of ',
        { person },
        byHand(alone),
      ];
      return [line(mark, alone === true ? loud(text) : text)];
    }
    default:
      return [];
  }
}

function byHand(alone: boolean | undefined): string {
  return alone === true ? ", and nobody else confirmed it: no other administrator has a key." : ".";
}

function loud(text: Text): Text {
  return [{ mention: { everyone: true } }, " 🔴 ", ...text];
}

function line(mark: string, text: Text): KeyPost {
  return { post: { key: `keys.${mark}`, lane: "security", live: false, content: { text } } };
}

function changeCard(change: KeyChange): Card {
  const { id, kind, person, keyName, askedBy, phase } = change;
  const what: Span[] = kind === "add" ? [" enrol one more key"] : [' remove the key "', { said: keyName ?? "" }, '"'];
  return {
    tone: phase === "asked" ? "waiting" : "ended",
    title: [`${id} · `, { person }, kind === "add" ? " · a key to enrol" : " · a key to remove", ` · ${PHASES[phase]}`],
    facts: [],
    text: [
      [actorSpan(askedBy), " asks to", ...what, "."],
      ...(phase === "asked"
        ? [
            [
              "An administrator confirms it, with a key of their own. Speak with the person first, and not only in chat: whoever has their account could have asked.",
            ],
          ]
        : []),
    ],
    small:
      change.decidedBy === undefined
        ? []
        : [[phase === "refused" ? "Refused by " : "Confirmed by ", actorSpan(change.decidedBy)]],
    buttons: phase === "asked" ? [CONFIRM_KEY, REFUSE_KEY] : [],
    request: id,
  };
}

const PHASES: Readonly<Record<KeyChange["phase"], string>> = {
  asked: "waiting for an administrator",
  invited: "confirmed",
  refused: "refused",
  done: "done",
};

function invitedCard(change: KeyChange | undefined, person: string): Card {
  const isOpen = change?.phase === "invited";
  return {
    tone: isOpen ? "waiting" : "ended",
    title: [isOpen ? "You can enrol your key now" : "Your invitation to enrol a key is over"],
    facts: [],
    text: isOpen
      ? [[{ person }, ", take the key into your hand first: the link is for you alone, works for 5 minutes, and once."]]
      : [],
    small: [],
    buttons: isOpen ? [ENROL] : [],
    request: change?.id ?? "",
  };
}
