import type { Duplex } from "node:stream";
import { violation } from "./refused.ts";

/** Reads a socket piece by piece, as long as a session is not yet begun; nothing is read beyond what is asked for. */
export class Handshake {
  readonly #socket: Duplex;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** So many bytes, as soon as they are there. @throws Error when the other side closes before */
  async bytes(count: number): Promise<Buffer> {
    if (count === 0) return Buffer.alloc(0);
    const socket = this.#socket;
    for (;;) {
      const found: unknown = socket.read(count);
      if (found instanceof Buffer && found.length === count) return found;
      if (socket.readableEnded || socket.destroyed || found !== null)
        throw new Error("the other side closed the connection");
      await new Promise<void>((resolve, reject) => {
        const done = (then: () => void) => () => {
          for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener);
          then();
        };
        const gone = () => {
          reject(new Error("the other side closed the connection"));
        };
        const listeners = { readable: done(resolve), end: done(gone), close: done(gone), error: done(gone) };
        for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);
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
}
