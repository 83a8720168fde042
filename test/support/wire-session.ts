import type { Socket } from "node:net";
import type pg from "pg";
import { z } from "zod";
import { cstring, int16, int32, message } from "../../src/gateway/wire.ts";

/** A message as it came. */
export interface Answer {
  readonly type: string;
  readonly body: Buffer;
}

const inner = z.object({ connection: z.object({ stream: z.custom<Socket>((value) => value !== undefined) }) });

/** A session whose login `pg` did, and in which messages are said one by one: for what no driver says. */
export class WireSession {
  readonly socket: Socket;
  #rest = Buffer.alloc(0);
  readonly #answers: Answer[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;

  constructor(client: pg.Client) {
    this.socket = inner.parse(client).connection.stream;
    this.socket.removeAllListeners("data");
    this.socket.on("data", (chunk: Buffer) => {
      this.#take(chunk);
    });
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  send(...messages: readonly Buffer[]): this {
    this.socket.write(Buffer.concat(messages));
    return this;
  }

  /** What comes up to a message of a type, or up to the end of the connection. */
  async until(type: string, times = 1): Promise<Answer[]> {
    const found: Answer[] = [];
    for (let left = times; left > 0;) {
      const next = this.#answers.shift();
      if (next !== undefined) {
        found.push(next);
        if (next.type === type) left -= 1;
      } else if (this.#isClosed) return found;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
    return found;
  }

  /** Waits for the next ReadyForQuery, looks at nothing, and keeps nothing. */
  async ready(): Promise<void> {
    const { socket } = this;
    socket.removeAllListeners("data");
    await new Promise<void>((resolve) => {
      const hear = (chunk: Buffer) => {
        // Z, its length 5, the state: the last six bytes of an answer.
        if (chunk.at(-6) !== 0x5a || chunk.at(-2) !== 5) return;
        socket.off("data", hear);
        resolve();
      };
      socket.on("data", hear);
    });
  }

  /** Up to the next ReadyForQuery: the types alone. */
  async types(times = 1): Promise<string> {
    return (await this.until("Z", times)).map(({ type }) => type).join("");
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 5) {
      const end = 1 + this.#rest.readUInt32BE(1);
      if (this.#rest.length < end) break;
      this.#answers.push({ type: this.#rest.toString("latin1", 0, 1), body: this.#rest.subarray(5, end) });
      this.#rest = this.#rest.subarray(end);
    }
    this.#wake();
  }
}

/** What clients say. */
export const say = {
  query: (sql: string) => message("Q", cstring(sql)),
  parse: (name: string, sql: string) => message("P", cstring(name), cstring(sql), int16(0)),
  bind: (portal: string, statement: string, ...values: readonly string[]) =>
    message(
      ...(["B", cstring(portal), cstring(statement), int16(0), int16(values.length)] as const),
      ...values.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]),
      int16(0),
    ),
  execute: (portal: string, rows = 0) => message("E", cstring(portal), int32(rows)),
  describe: (of: "S" | "P", name: string) => message("D", Buffer.from(of), cstring(name)),
  close: (of: "S" | "P", name: string) => message("C", Buffer.from(of), cstring(name)),
  sync: () => message("S"),
  flush: () => message("H"),
  copyData: (text: string) => message("d", Buffer.from(text)),
  copyDone: () => message("c"),
  copyFail: (why: string) => message("f", cstring(why)),
  call: (oid: number, ...values: readonly string[]) =>
    message(
      ...(["F", int32(oid), int16(0), int16(values.length)] as const),
      ...values.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]),
      int16(0),
    ),
};

/** The SQLSTATE and the text of the first error among answers. */
export function errorIn(answers: readonly Answer[]): string | undefined {
  const body = answers.find(({ type }) => type === "E")?.body.toString("utf8");
  if (body === undefined) return undefined;
  const field = (letter: string) =>
    body
      .split("\0")
      .find((each) => each.startsWith(letter))
      ?.slice(1) ?? "";
  return `${field("C")} ${field("M")}`;
}
