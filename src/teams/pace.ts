import { ChatBusy } from "../app/messenger.ts";
import { ConnectorBusy } from "./connector.ts";

/** How much a bot may say in a conversation (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit). */
const LIMITS = [
  { calls: 7, perMs: 1_000 },
  { calls: 8, perMs: 2_000 },
  { calls: 60, perMs: 30_000 },
  { calls: 1_800, perMs: 3_600_000 },
] as const;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Conversations that nothing was said in for so long are forgotten. */
const FORGOTTEN_MS = 3_600_000;

interface Conversation {
  /** When something was said, oldest first. */
  said: number[];
  pausedUntil: number;
  /** Refusals in a row. */
  refused: number;
}

/**
 * Keeps to what Teams allows a bot to say in each conversation: what would be refused isn't asked, and what was refused waits,
 * each time longer, by chance a little more or less, so that replicas don't come back together.
 */
export class Pace {
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #conversations = new Map<string, Conversation>();

  /**
   * @param now - epoch milliseconds
   * @param random - 0 to 1
   */
  constructor(now: () => number, random: () => number) {
    this.#now = now;
    this.#random = random;
  }

  /** @throws ChatBusy while it is to wait, and what `say` throws */
  async respect<T>(name: string, say: () => Promise<T>): Promise<T> {
    const conversation = this.#conversation(name);
    const waitMs = this.#waitMs(conversation);
    if (waitMs > 0) throw new ChatBusy(waitMs);
    conversation.said.push(this.#now());
    try {
      const answer = await say();
      conversation.refused = 0;
      return answer;
    } catch (error) {
      if (!(error instanceof ConnectorBusy)) throw error;
      const pauseMs = this.#pauseMs(conversation, error.retryAfterMs);
      conversation.refused++;
      conversation.pausedUntil = this.#now() + pauseMs;
      throw new ChatBusy(pauseMs);
    }
  }

  #conversation(name: string): Conversation {
    const now = this.#now();
    for (const [each, { said, pausedUntil }] of this.#conversations) {
      if (Math.max(said.at(-1) ?? 0, pausedUntil) > now - FORGOTTEN_MS) break;
      this.#conversations.delete(each);
    }
    const known = this.#conversations.get(name) ?? { said: [], pausedUntil: 0, refused: 0 };
    known.said = known.said.filter((at) => at > now - FORGOTTEN_MS);
    // The one used last stands last.
    this.#conversations.delete(name);
    this.#conversations.set(name, known);
    return known;
  }

  #waitMs({ said, pausedUntil }: Conversation): number {
    const now = this.#now();
    const waits = LIMITS.map(({ calls, perMs }) => {
      const first = said.at(-calls);
      return first === undefined ? 0 : first + perMs - now;
    });
    return Math.max(pausedUntil - now, ...waits);
  }

  #pauseMs({ refused }: Conversation, askedMs: number | undefined): number {
    const grownMs = Math.min(FIRST_PAUSE_MS * 2 ** refused, LONGEST_PAUSE_MS);
    return Math.round((askedMs ?? grownMs) + grownMs * 0.5 * this.#random());
  }
}
