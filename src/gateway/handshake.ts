import type { Duplex } from "node:stream";
import { Gone, violation } from "./refused.ts";

/** Reads a socket piece by piece, as long as a session is not yet begun; nothing is read beyond what is asked for. */
export class Handshake {
  readonly #socket: Duplex;
  readonly #hear = () => {
    this.#wake();
  };
  #wake: () => void = () => undefined;

  /** @param socket - which is read by nobody else, until {@link Handshake.release} */
  constructor(socket: Duplex) {
    this.#socket = socket;
    // One listener for all of it: a new one would be told at once of what is there already, again and again.
    for (const event of ["readable", "end", "close", "error"]) socket.on(event, this.#hear);
  }

  /** So many bytes, as soon as they are there. @throws Gone when the other side closes before */
  async bytes(count: number): Promise<Buffer> {
    if (count === 0) return Buffer.alloc(0);
    const socket = this.#socket;
    for (;;) {
      const found: unknown = socket.read(count);
      if (found instanceof Buffer && found.length === count) return found;
      if (found !== null || socket.readableEnded || socket.destroyed) throw new Gone();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** A first packet, which has no type: its body. @param max - bytes that it may have */
  async packet(max: number): Promise<Buffer> {
    const length = (await this.bytes(4)).readUInt32BE();
    if (length < 8 || length > max) throw violation(`a first packet of ${length} bytes`);
    return await this.bytes(length - 4);
  }

  /** A message. @param max - bytes that its body may have */
  async message(max: number): Promise<{ readonly type: string; readonly body: Buffer }> {
    const header = await this.bytes(5);
    const length = header.readUInt32BE(1);
    if (length < 4 || length - 4 > max) throw violation(`a message of ${length} bytes`);
    return { type: header.toString("latin1", 0, 1), body: await this.bytes(length - 4) };
  }

  /** The socket is read by somebody else from here on. */
  release(): void {
    for (const event of ["readable", "end", "close", "error"]) this.#socket.off(event, this.#hear);
  }
}
