import { type as typeOf } from "./wire.ts";
import type { FrameWatcher } from "./frame-scanner.ts";
import {
  BODY_KEPT,
  readBind,
  readExecute,
  readFunctionCall,
  readNamed,
  readParse,
  readQuery,
  type Decode,
} from "./read-messages.ts";
import { violation } from "./refused.ts";
import type { Statements } from "./statements.ts";

const QUERY = typeOf("Q");
const PARSE = typeOf("P");
const BIND = typeOf("B");
const EXECUTE = typeOf("E");
const DESCRIBE = typeOf("D");
const CLOSE = typeOf("C");
const SYNC = typeOf("S");
const FLUSH = typeOf("H");
const CALL = typeOf("F");
const COPY_DATA = typeOf("d");
const COPY_DONE = typeOf("c");
const COPY_FAIL = typeOf("f");
const TERMINATE = typeOf("X");

/** The server's own limits of what a client may send (PQ_LARGE_MESSAGE_LIMIT, PQ_SMALL_MESSAGE_LIMIT). */
const LARGE_MAX = 0x3fffffff;
const SMALL_MAX = 10_000;
const LARGE: readonly number[] = [QUERY, PARSE, BIND, CALL, COPY_DATA];
const SMALL: readonly number[] = [EXECUTE, DESCRIBE, CLOSE, SYNC, FLUSH, COPY_DONE, COPY_FAIL, TERMINATE];

/** What a client sends: each message is told to the session's statements before it may be passed on. */
export class ClientMessages implements FrameWatcher {
  readonly #statements: Statements;
  readonly #decode: () => Decode;

  /** @param decode - gives what reads text as the session is encoded now */
  constructor(statements: Statements, decode: () => Decode) {
    this.#statements = statements;
    this.#decode = decode;
  }

  begins(type: number, length: number): number {
    const isLarge = LARGE.includes(type);
    if (!isLarge && !SMALL.includes(type)) throw violation(`a message of the type ${type}`);
    if (length > (isLarge ? LARGE_MAX : SMALL_MAX)) throw violation(`a message of ${length} bytes`);
    if (type === COPY_DATA) this.#statements.copied(length);
    if (type === COPY_DATA || type === COPY_FAIL || type === TERMINATE) {
      if (type === COPY_FAIL) this.#statements.copyEnd();
      return 0;
    }
    return BODY_KEPT;
  }

  has(type: number, body: Buffer, length: number): void {
    const statements = this.#statements;
    const decode = this.#decode();
    switch (type) {
      case QUERY:
        statements.query(readQuery(body, length, decode));
        return;
      case PARSE: {
        const { name, text } = readParse(body, length, decode);
        statements.parse(name, text);
        return;
      }
      case BIND:
        statements.bind(readBind(body, length, decode));
        return;
      case EXECUTE:
        statements.execute(readExecute(body, decode));
        return;
      case CALL: {
        const { oid, parameters } = readFunctionCall(body, length, decode);
        statements.call(oid, parameters);
        return;
      }
      case DESCRIBE:
        readNamed(body, decode);
        statements.describe();
        return;
      case CLOSE: {
        const { of, name } = readNamed(body, decode);
        if (of === "S") statements.closeStatement(name);
        else statements.closePortal(name);
        return;
      }
      case SYNC:
        statements.sync();
        return;
      case COPY_DONE:
        statements.copyEnd();
        return;
      default:
      // The others have nothing to say beyond their type.
    }
  }
}
