import { violation } from "./refused.ts";

/** Reads a message's body from its beginning, as the server itself does. What doesn't fit is refused, never guessed. */
export class BodyReader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#body.length - this.#at;
  }

  byte(): number {
    return this.bytes(1).readUInt8();
  }

  int16(): number {
    return this.bytes(2).readInt16BE();
  }

  int32(): number {
    return this.bytes(4).readInt32BE();
  }

  bytes(count: number): Buffer {
    if (count < 0 || count > this.left) throw violation("a message ends too early");
    const found = this.#body.subarray(this.#at, this.#at + count);
    this.#at += count;
    return found;
  }

  /** Text up to the next NUL, as bytes: in which encoding they are, the session says. */
  text(): Buffer {
    const end = this.#body.indexOf(0, this.#at);
    if (end === -1) throw violation("a text has no end");
    const found = this.#body.subarray(this.#at, end);
    this.#at = end + 1;
    return found;
  }

  /** Text up to the next NUL, or, of a body of which only the beginning is there, up to where that ends. */
  textOrBeginning(): Buffer {
    return this.#body.includes(0, this.#at) ? this.text() : this.bytes(this.left);
  }

  end(): void {
    if (this.left > 0) throw violation("a message is longer than what it says");
  }
}
