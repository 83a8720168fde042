import { Refusal } from "../errors.ts";
import { wordsOfDuration } from "./duration.ts";
import { DAYS, DAYS_MAX } from "./insights/window.ts";
import { nearest } from "./nearest.ts";
import { readRequestId } from "./request-id.ts";
import { SUBCOMMANDS, type Subcommand } from "./subcommands.ts";
import { quote } from "./text.ts";

/** What somebody typed after the command's name. */
export type CommandLine =
  | { readonly word: "form" }
  | {
      readonly word: "request";
      readonly target: string;
      readonly role: string;
      readonly duration: string | undefined;
      readonly justification: string;
    }
  | { readonly word: "status" | "list" | "help" | "home" }
  | { readonly word: "open" | "rotate" | "break-glass"; readonly id: string }
  | { readonly word: "end"; readonly id: string | undefined }
  | { readonly word: "revoke"; readonly id: string; readonly reason: string }
  | { readonly word: "who"; readonly target: string }
  | { readonly word: "drill"; readonly target: string; readonly role: string | undefined }
  | { readonly word: "key"; readonly key: KeyLine }
  | { readonly word: "review"; readonly id: string }
  | { readonly word: "insights"; readonly target: string | undefined; readonly days: number }
  | { readonly word: "followups"; readonly done: { readonly id: string; readonly nth: number } | undefined };

/** What somebody typed after `key`. */
export type KeyLine =
  | { readonly word: "add" | "list" }
  | { readonly word: "remove"; readonly name: string }
  | { readonly word: "rename"; readonly name: string; readonly to: string };

/** What else people type who want help: no target can be called so. */
const HELP: readonly string[] = ["?", "-h", "--help"];

const EXAMPLE = "/breakglass orders-db writer 15m INC-42 orders stuck after failover";

/**
 * Reads `<target> <role> [duration] <justification>`, or one of the subcommands. The same for every chat platform.
 *
 * @param text - without the command's own name
 * @throws `BAD_USAGE`, `REQUEST_UNKNOWN`, saying what would be right
 */
export function readCommandLine(text: string): CommandLine {
  const [first = "", ...rest] = text.trim().split(/\s+/u);
  if (first === "") return { word: "form" };
  if (HELP.includes(first.toLowerCase())) return { word: "help" };
  const word = SUBCOMMANDS.find((each) => each === first.toLowerCase());
  if (word === undefined) return readRequest([first, ...rest]);
  return readSubcommand(word, rest);
}

function readSubcommand(word: Subcommand, rest: readonly string[]): CommandLine {
  const [first, ...others] = rest;
  switch (word) {
    case "status":
    case "list":
    case "help":
    case "home":
      return { word };
    case "request":
      return first === undefined ? { word: "form" } : readRequest(rest);
    case "open":
    case "rotate":
    case "break-glass":
      if (first === undefined) throw usage("Which request?", `/breakglass ${word} BG-7K3M2Q`);
      return { word, id: readId(first) };
    case "end":
      return { word, id: first === undefined ? undefined : readId(first) };
    case "key":
      return { word, key: readKeyLine(first?.toLowerCase(), others.join(" ")) };
    case "review":
      if (first === undefined) throw usage("Which request?", "/breakglass review BG-7K3M2Q");
      return { word, id: readId(first) };
    case "followups":
      return { word, done: first === undefined ? undefined : readDone(first, others) };
    case "insights":
      return { word, ...readInsights(rest) };
    case "who":
      if (first === undefined) throw usage("Which target?", "/breakglass who orders-db");
      return { word, target: first.toLowerCase() };
    case "drill":
      if (first === undefined) throw usage("A drill of which target?", "/breakglass drill orders-db");
      if (others.length > 1)
        throw usage("A drill takes a target, and a role where it has several.", "/breakglass drill orders-db reader");
      return { word, target: first.toLowerCase(), role: others[0]?.toLowerCase() };
    case "revoke": {
      const example = "/breakglass revoke BG-7K3M2Q wrong database";
      if (first === undefined) throw usage("Which request, and why?", example);
      if (others.length === 0) throw usage("A revoke needs a reason.", example);
      return { word, id: readId(first), reason: others.join(" ") };
    }
  }
}

/** `insights [target] [days]`, in that order: a target's name begins with a letter. */
function readInsights(rest: readonly string[]): { target: string | undefined; days: number } {
  const example = "/breakglass insights, /breakglass insights orders-db, or /breakglass insights orders-db 30";
  const isCount = (word: string | undefined) => word !== undefined && /^[-+]?\d/.test(word);
  const [first] = rest;
  const target = isCount(first) ? undefined : first?.toLowerCase();
  const [written, ...more] = target === undefined ? rest : rest.slice(1);
  if (more.length > 0 || (written !== undefined && !isCount(written)))
    throw usage("Of which target, and of how many days?", example);
  const days = written === undefined ? DAYS : Number(/^(\d{1,4})d?$/i.exec(written)?.[1] ?? 0);
  if (days < 1 || days > DAYS_MAX) throw usage(`How many days? 1 to ${DAYS_MAX}.`, example);
  return { target, days };
}

/** A name of several words ends at `to`: `rename old name to new name`. */
function readKeyLine(word: string | undefined, rest: string): KeyLine {
  switch (word) {
    case "add":
    case "list":
    case undefined:
      return { word: word ?? "list" };
    case "remove":
      if (rest === "") throw usage("Which key?", "/breakglass key remove YubiKey on my keyring");
      return { word, name: rest };
    case "rename": {
      const [name, to] = rest.split(/\s+to\s+/iu);
      if (name === undefined || name === "" || to === undefined || to === "")
        throw usage("Which key, and what is it to be called?", "/breakglass key rename YubiKey to Blue YubiKey");
      return { word, name, to };
    }
    default:
      throw usage("What about your keys?", "/breakglass key add, list, rename or remove");
  }
}

/** `followups done BG-7K3M2Q 1`; without a number it is the first. */
function readDone(word: string, [id, nth = "1"]: readonly string[]): { id: string; nth: number } {
  if (word.toLowerCase() !== "done" || id === undefined || !/^\d{1,2}$/.test(nth))
    throw usage("What of your follow-ups?", "/breakglass followups, or /breakglass followups done BG-7K3M2Q 1");
  return { id: readId(id), nth: Number(nth) };
}

function readRequest([target = "", role, ...rest]: readonly string[]): CommandLine {
  if (role === undefined) {
    const meant = nearest(target, SUBCOMMANDS);
    if (meant !== undefined) {
      throw new Refusal("BAD_USAGE", `Did you mean /breakglass ${meant}?`, {
        next: `If ${quote(target)} is a target: which role, and why? For instance: ${EXAMPLE}`,
      });
    }
    throw usage("Which role, and why?", EXAMPLE);
  }
  const words = wordsOfDuration(rest);
  const duration = words === 0 ? undefined : rest.slice(0, words).join(" ");
  const justification = rest.slice(words).join(" ");
  return { word: "request", target: target.toLowerCase(), role: role.toLowerCase(), duration, justification };
}

function readId(text: string): string {
  const id = readRequestId(text);
  if (id !== undefined) return id;
  throw new Refusal("REQUEST_UNKNOWN", `${quote(text)} is not a request's id.`, {
    next: "An id reads like BG-7K3M2Q; /breakglass status shows yours.",
  });
}

function usage(message: string, example: string): Refusal {
  return new Refusal("BAD_USAGE", message, { next: `For instance: ${example}` });
}
