import { inspect } from "node:util";

/**
 * A secret in memory. Whatever prints, logs or serialises it by accident gets `[redacted]`;
 * only {@link Secret.reveal} gives the text, so that every use of it can be found by name.
 */
export class Secret {
  readonly #text: string;

  /** @param text - the clear secret */
  constructor(text: string) {
    this.#text = text;
  }

  /** The clear secret. Every caller of this is a place to audit. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return "[redacted]";
  }

  toJSON(): string {
    return "[redacted]";
  }

  [inspect.custom](): string {
    return "[redacted]";
  }
}
