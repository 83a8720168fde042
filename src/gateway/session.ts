import type { Socket } from "node:net";
import { ClientMessages } from "./client-messages.ts";
import { FrameScanner } from "./frame-scanner.ts";
import type { TargetSession } from "./reach-target.ts";
import { Refused } from "./refused.ts";
import type { Statements } from "./statements.ts";
import { TargetMessages } from "./target-messages.ts";
import { fatal, type Fatal } from "./wire.ts";

/** How long a client may take to read why its session ends. */
const LAST_WORD_MS = 500;

const UNWRITABLE: Fatal = {
  code: "58030",
  message: "What is run can't be recorded, so nothing more is run.",
  hint: "Whoever runs the service finds RECORDING_UNWRITABLE in its log. Connect again when that is mended.",
};
const UNREADABLE: Fatal = { code: "08P01", message: "The session gateway can't read what the target sent." };

/**
 * One session: what the client sends goes to the target, and back, byte for byte. A statement is passed on only when it was recorded;
 * when that can't be, the session ends.
 */
export class Session {
  /** When both sockets are let go, and why; undefined when a side closed by itself. */
  readonly over: Promise<string | undefined>;
  readonly #client: Socket;
  readonly #target: Socket;
  readonly #statements: Statements;
  readonly #answers: TargetMessages;
  readonly #fromClient: FrameScanner;
  readonly #fromTarget: FrameScanner;
  readonly #onUnwritable: (error: unknown) => void;
  /** What the client sent that can't be passed on yet: a message whose end is not there. */
  #held: Buffer[] = [];
  #isOver = false;
  #why: string | undefined;

  constructor(
    client: Socket,
    target: TargetSession,
    statements: Statements,
    onUnwritable: (error: unknown) => void = () => undefined,
  ) {
    this.#client = client;
    this.#target = target.socket;
    this.#statements = statements;
    this.#onUnwritable = onUnwritable;
    const answers = new TargetMessages(statements);
    this.#answers = answers;
    for (const { type, body } of target.greetings) if (type === "S") answers.setting(body);
    this.#fromClient = new FrameScanner(new ClientMessages(statements, () => answers.decode));
    this.#fromTarget = new FrameScanner(answers);
    this.over = new Promise((resolve) => {
      let open = 2;
      const closed = () => {
        this.#close();
        open -= 1;
        if (open === 0) resolve(this.#why);
      };
      for (const socket of [client, target.socket]) {
        socket.on("error", () => undefined);
        if (socket.closed) setImmediate(closed);
        else socket.once("close", closed);
      }
    });
  }

  /** Begins to pass on. */
  begin(): void {
    const client = this.#client;
    const target = this.#target;
    client.on("data", (chunk: Buffer) => {
      this.#toTarget(chunk);
    });
    target.on("data", (chunk: Buffer) => {
      this.#toClient(chunk);
    });
    client.on("drain", () => target.resume());
    target.on("drain", () => client.resume());
    // What was on its way when one side ended still arrives.
    client.on("end", () => target.end());
    target.on("end", () => client.end());
    client.resume();
    target.resume();
  }

  /** Ends it now, whatever either side does: the client is told why, if it reads. */
  end(why: Fatal): void {
    if (this.#isOver) return;
    this.#why = why.message;
    // In the middle of a row, a word of ours would be taken for a part of it.
    const canSpeak = this.#fromTarget.atBoundary && this.#client.writable;
    if (canSpeak) this.#client.end(fatal(why));
    this.#close(canSpeak ? LAST_WORD_MS : 0);
  }

  #toTarget(chunk: Buffer): void {
    if (this.#isOver) return;
    let upTo: number;
    try {
      upTo = this.#fromClient.scan(chunk);
    } catch (error) {
      this.#endBy(error);
      return;
    }
    const target = this.#target;
    let isFull = false;
    if (upTo > 0 && this.#held.length > 0) {
      for (const piece of this.#held.splice(0)) isFull = !target.write(piece) || isFull;
    }
    if (upTo > 0) isFull = !target.write(upTo === chunk.length ? chunk : chunk.subarray(0, upTo)) || isFull;
    if (upTo < chunk.length) this.#held.push(chunk.subarray(upTo));
    if (isFull) this.#client.pause();
  }

  #toClient(chunk: Buffer): void {
    if (this.#isOver) return;
    if (!this.#client.write(chunk)) this.#target.pause();
    try {
      this.#fromTarget.scan(chunk);
    } catch (error) {
      this.#endBy(error, UNREADABLE);
      return;
    }
    const { failure } = this.#answers;
    if (failure !== undefined) this.#endBy(failure.error);
  }

  #endBy(error: unknown, unreadable?: Fatal): void {
    if (error instanceof Refused) this.end(error.fatal);
    else if (error instanceof RangeError)
      this.end(unreadable ?? { code: "08P01", message: "A message has no length." });
    else {
      this.#onUnwritable(error);
      this.end(UNWRITABLE);
    }
  }

  /** @param clientMs - how long the client's socket may still be open */
  #close(clientMs = 0): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#held = [];
    this.#target.destroy();
    if (clientMs === 0) this.#client.destroySoon();
    const timer = setTimeout(() => this.#client.destroy(), clientMs === 0 ? LAST_WORD_MS : clientMs);
    this.#client.once("close", () => {
      clearTimeout(timer);
    });
    this.#client.resume();
    try {
      this.#statements.cutOff();
    } catch (error) {
      this.#onUnwritable(error);
    }
  }
}
