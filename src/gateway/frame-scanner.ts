/** What watches the messages of one direction go by. */
export interface FrameWatcher {
  /**
   * A message begins.
   *
   * @param type - its type byte
   * @param length - of its body, bytes
   * @returns how many bytes of its body are wanted, 0 for none
   */
  begins(type: number, length: number): number;
  /** The wanted bytes of a message's body are there: all of it, or its beginning. */
  has(type: number, body: Buffer, length: number): void;
}

const HEADER = 5;
const NOTHING = Buffer.alloc(0);

/**
 * Finds the messages in a stream of bytes, in whatever pieces it comes. Of what nobody wants, only the five bytes at its beginning are
 * looked at.
 */
export class FrameScanner {
  readonly #watcher: FrameWatcher;
  /** A header that is not all there yet. */
  #header = Buffer.alloc(HEADER);
  #headerBytes = 0;
  /** Of the message that is under way: bytes of its body that are still to come. */
  #left = 0;
  #type = 0;
  #length = 0;
  #wanted = 0;
  #collected: Buffer[] = [];
  /** Where the message begins that can't be let go yet, in the piece that was scanned last. */
  #from: number | undefined;

  constructor(watcher: FrameWatcher) {
    this.#watcher = watcher;
  }

  /** Whether the stream stands between two messages. */
  get atBoundary(): boolean {
    return this.#left === 0 && this.#headerBytes === 0;
  }

  /**
   * Scans the next piece.
   *
   * @returns up to where it may be let go: what comes after belongs to a message whose wanted bytes are not all there
   * @throws what the watcher throws; RangeError for a length that can't be
   */
  scan(chunk: Buffer): number {
    const end = chunk.length;
    // Of a message that began in an earlier piece.
    this.#from = this.#headerBytes > 0 || this.#wanted > 0 ? 0 : undefined;
    let at = 0;
    while (at < end) {
      if (this.#left > 0) {
        at = this.#body(chunk, at);
        continue;
      }
      if (this.#headerBytes === 0 && end - at >= HEADER) {
        this.#from = at;
        this.#begin(chunk[at] ?? 0, chunk.readUInt32BE(at + 1));
        at += HEADER;
      } else {
        if (this.#headerBytes === 0) this.#from = at;
        const taken = Math.min(HEADER - this.#headerBytes, end - at);
        chunk.copy(this.#header, this.#headerBytes, at, at + taken);
        this.#headerBytes += taken;
        at += taken;
        if (this.#headerBytes < HEADER) break;
        this.#headerBytes = 0;
        this.#begin(this.#header[0] ?? 0, this.#header.readUInt32BE(1));
      }
    }
    return this.#from ?? end;
  }

  #begin(type: number, length: number): void {
    if (length < 4) throw new RangeError(`a message of ${length} bytes`);
    this.#type = type;
    this.#length = length - 4;
    this.#left = this.#length;
    const wanted = Math.min(this.#watcher.begins(type, this.#length), this.#length);
    if (wanted > 0) {
      this.#wanted = wanted;
      return;
    }
    this.#from = undefined;
    if (this.#length === 0) this.#watcher.has(type, NOTHING, 0);
  }

  #body(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#wanted > 0 ? this.#wanted : this.#left, chunk.length - at);
    if (this.#wanted > 0) {
      const piece = chunk.subarray(at, at + taken);
      this.#wanted -= taken;
      if (this.#wanted > 0) this.#collected.push(piece);
      else {
        const body = this.#collected.length === 0 ? piece : Buffer.concat([...this.#collected, piece]);
        this.#collected = [];
        this.#watcher.has(this.#type, body, this.#length);
        this.#from = undefined;
      }
    }
    this.#left -= taken;
    return at + taken;
  }
}
