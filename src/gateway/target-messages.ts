import type { FrameWatcher } from "./frame-scanner.ts";
import { decoderOf } from "./encodings.ts";
import type { Decode } from "./read-messages.ts";
import type { Statements } from "./statements.ts";
import { errorFields, type as typeOf } from "./wire.ts";

const DATA_ROW = typeOf("D");
const COPY_DATA = typeOf("d");
const IDLE = typeOf("I");

const NOTHING = Buffer.alloc(0);
/** As much is looked at of an error, a command's word and a setting. */
const LOOKED_AT = 16_384;
/** As much is kept of an error's text. */
const MESSAGE_KEPT = 2_000;

const WANTED = new Set(["C", "E", "S", "Z"].map(typeOf));
const TOLD = new Set(["1", "2", "3", "n", "T", "I", "s", "G"].map(typeOf));

/** What a target answers, as it goes by: rows are counted, and what became of each statement is told. */
export class TargetMessages implements FrameWatcher {
  readonly #statements: Statements;
  #decode: Decode = decoderOf("UTF8");
  #failure: { readonly error: unknown } | undefined;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** What reads text as the session is encoded now. */
  get decode(): Decode {
    return this.#decode;
  }

  /** That what became of a statement could not be recorded: the first time, and nothing is recorded from then on. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  begins(type: number, length: number): number {
    if (type === DATA_ROW || type === COPY_DATA) {
      this.#statements.row(length);
      return 0;
    }
    if (WANTED.has(type)) return LOOKED_AT;
    if (TOLD.has(type) && length > 0) this.has(type, NOTHING);
    return 0;
  }

  // After a failure the messages are read on, so that it is known where one ends: there the client can be told.
  has(type: number, body: Buffer): void {
    if (this.#failure !== undefined) return;
    try {
      this.#has(type, body);
    } catch (error) {
      this.#failure = { error };
    }
  }

  #has(type: number, body: Buffer): void {
    const statements = this.#statements;
    const letter = String.fromCharCode(type);
    switch (letter) {
      case "C":
        statements.did(this.#decode(body.subarray(0, -1)));
        return;
      case "E": {
        const fields = errorFields(body);
        statements.failed({ code: fields.get("C") ?? "", message: (fields.get("M") ?? "").slice(0, MESSAGE_KEPT) });
        return;
      }
      case "S":
        this.setting(body);
        return;
      case "Z":
        statements.ready(body[0] === IDLE);
        return;
      default:
        this.#tell(letter);
    }
  }

  /** ParameterStatus. */
  setting(body: Buffer): void {
    const [name, value = ""] = body.toString("latin1").split("\0");
    if (name === "client_encoding") this.#decode = decoderOf(value);
  }

  /** What says all by its type. */
  #tell(letter: string): void {
    const statements = this.#statements;
    switch (letter) {
      case "1":
        statements.done("parse");
        return;
      case "2":
        statements.done("bind");
        return;
      case "3":
        statements.done("close");
        return;
      case "n":
      case "T":
        statements.done("describe");
        return;
      case "I":
        statements.did("");
        return;
      case "s":
        statements.suspended();
        return;
      case "G":
        statements.takesCopy();
        return;
      default:
    }
  }
}
