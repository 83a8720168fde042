import type { Text } from "../domain/text.ts";

/** The four marks, used everywhere, never colour alone. */
export const MARKS = { waiting: "🟡", active: "🟢", ended: "⚪", alarm: "🔴" } as const;

export type Tone = keyof typeof MARKS;

/** What a button asks for. It carries a name, mostly a request's id, and nothing else: nothing is ever parsed back out of a card. */
export type Action =
  | "confirm"
  | "approve"
  | "deny"
  | "withdraw"
  | "break-glass"
  | "reveal"
  | "rotate"
  | "end"
  | "revoke"
  | "ask-again"
  | "review"
  | "record"
  | HomeAction
  | KeyAction;

/** What a button asks for on somebody's home: to ask for a target and a role, which it carries, or to see it anew. */
export type HomeAction = "ask" | "home";

/** What a button asks for on a card about keys; it carries the change's id. */
export type KeyAction = "confirm-key" | "refuse-key" | "enrol-key";

export interface Button {
  readonly action: Action;
  readonly label: string;
  readonly style?: "primary" | "danger";
  /** Asks once more before it counts. */
  readonly confirm?: { readonly title: string; readonly text: string; readonly ok: string };
}

export interface Fact {
  readonly label: string;
  readonly text: Text;
  /** It may be long: it gets a line of its own. */
  readonly wide?: true;
}

/** A card, for any platform. Renderers know how it looks; nobody else does. */
export interface Card {
  readonly tone: Tone;
  /** Plain words; the renderer puts the mark before them. */
  readonly title: Text;
  readonly facts: readonly Fact[];
  /** Paragraphs under the facts. */
  readonly text: readonly Text[];
  /** Smaller print at the end. */
  readonly small: readonly Text[];
  readonly buttons: readonly Button[];
  /** The request whose id the buttons carry. */
  readonly request: string;
}
