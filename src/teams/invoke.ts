import { CARD_TYPE, type AdaptiveCard } from "./render-card.ts";

/** The answer to a call that Teams waits for. */
export interface InvokeAnswer {
  readonly status: 200 | 400 | 501;
  readonly body?: object;
}

const MESSAGE_TYPE = "application/vnd.microsoft.activity.message";

/** What a click is answered with: the card anew, for whoever clicked. */
export function cardAnswer(card: AdaptiveCard): InvokeAnswer {
  return { status: 200, body: { statusCode: 200, type: CARD_TYPE, value: card } };
}

/** The same with a sentence, where the card can't be drawn anew. */
export function sentenceAnswer(sentence: string): InvokeAnswer {
  return { status: 200, body: { statusCode: 200, type: MESSAGE_TYPE, value: sentence } };
}

/** A dialog: opened, or shown anew. */
export function dialogAnswer(title: string, card: AdaptiveCard): InvokeAnswer {
  const content = { contentType: CARD_TYPE, content: card };
  return {
    status: 200,
    body: { task: { type: "continue", value: { title, width: "medium", height: "medium", card: content } } },
  };
}

/** A dialog that only says something, and closes. */
export function dialogMessage(sentence: string): InvokeAnswer {
  return { status: 200, body: { task: { type: "message", value: sentence } } };
}
