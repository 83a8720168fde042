import type { Fatal } from "./wire.ts";

/** A session that can't go on, or doesn't begin; what its client is told is in {@link Refused.fatal}. It holds no secret. */
export class Refused extends Error {
  readonly fatal: Fatal;

  /**
   * @param code - SQLSTATE (PostgreSQL, Appendix A)
   * @param message - what happened
   * @param hint - what to do about it
   */
  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.name = "Refused";
    this.fatal = { code, message, hint };
  }
}

/** The other side is not there any more: nothing that anybody has to be told. */
export class Gone extends Error {
  constructor() {
    super("the other side closed the connection");
    this.name = "Gone";
  }
}

/** The client sent what no client sends: what can't be read can't be recorded, and so isn't passed on. */
export function violation(what: string): Refused {
  return new Refused("08P01", `The session gateway can't read what was sent: ${what}.`);
}
