import { createHash } from "node:crypto";
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type Document } from "yaml";
import { nearest } from "../nearest.ts";
import { checkPolicy } from "./check.ts";
import type { Problem } from "./problem.ts";
import { readForm } from "./form.ts";
import { salvage } from "./salvage.ts";
import { policySchema, type Policy, type PolicyFile, type Target } from "./schema.ts";

/** A few lines of aliases can stand for billions of values. */
const ALIASES_MAX = 100;

/** A problem with the line it stands on. */
export interface LocatedProblem {
  /** `targets.orders-db.roles.writer.duration.max`, or empty for the whole file. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export type LoadedPolicy = { readonly policy: Policy } | { readonly problems: readonly LocatedProblem[] };

/** How a provider's part of the policy is checked: throws an error with `issues` (zod's), or anything else with a message. */
export interface ProviderChecks {
  /** The kinds there are. */
  readonly kinds: readonly string[];
  /** Those that the session gateway can stand before. */
  readonly gatewayKinds?: readonly string[];
  checkConnection(kind: string, input: unknown): readonly Problem[];
  checkRole(kind: string, input: unknown): readonly Problem[];
}

/**
 * Reads a policy file. Every problem is reported at once, with its path, its line, and what would be right.
 *
 * `${NAME}` in any value is taken from the environment after the YAML is parsed, so that a value can't change the file's
 * structure. A process that doesn't hold the targets' keys (`secrets: false`) leaves connections as they are written; one that takes no
 * requests (`asks: false`) leaves the sources of facts so where a value is missing.
 *
 * @param text - the file's text
 * @param options - `env`: where `${NAME}` comes from; `providers`: checks of `connection:` and `grant:`; `hasGateway`: whether this
 *   program has a session gateway, undefined where that doesn't matter
 */
export function loadPolicy(
  text: string,
  options: {
    env: Readonly<Record<string, string | undefined>>;
    providers: ProviderChecks;
    secrets?: boolean;
    asks?: boolean;
    hasGateway?: boolean | undefined;
  },
): LoadedPolicy {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: true });
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map(({ message, linePos }) => ({
        path: "",
        line: linePos?.[0].line ?? 1,
        message: (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "."),
      })),
    };
  }
  const missing = substitute(document, options.env, { secrets: options.secrets ?? true, asks: options.asks ?? true });
  const located = (problem: Problem): LocatedProblem => ({
    path: problem.path.map(String).join("."),
    line: lineOf(document, lines, problem.path),
    message: problem.message,
  });

  let written: unknown;
  try {
    written = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    // An alias (`*name`) that stands for nothing, or too many of them.
    const said = error instanceof Error ? error.message : String(error);
    const message = said.startsWith("Excessive alias count")
      ? `Aliases (*name) that stand for more than ${ALIASES_MAX} values are not read. Write the values out.`
      : `${said}. A value that begins with * needs quotation marks.`;
    return { problems: [{ path: "", line: aliasLine(document, lines), message }] };
  }
  const read = readForm(policySchema, written);
  const wrong = "data" in read ? [] : read.problems;
  const policy = "data" in read ? read.data : salvage(written, wrong);
  const problems = [...missing, ...wrong];
  if (policy !== undefined) {
    problems.push(...checkPolicy(policy, wrong), ...checkProviders(policy, wrong, options));
  }
  if (policy === undefined || problems.length > 0) return { problems: problems.map(located) };
  return { policy: { ...policy, hash: createHash("sha256").update(text).digest("hex").slice(0, 12) } };
}

/** How the targets' own parts are written, which only their providers know. */
function checkProviders(
  policy: PolicyFile,
  wrong: readonly Problem[],
  options: {
    readonly providers: ProviderChecks;
    readonly secrets?: boolean;
    readonly hasGateway?: boolean | undefined;
  },
): Problem[] {
  const { providers, secrets = true } = options;
  const told = new Set(wrong.map(({ path }) => path.join(".")));
  return Object.entries(policy.targets).flatMap(([name, target]): Problem[] => {
    const { provider, connection, roles } = target;
    const path = ["targets", name];
    if (told.has([...path, "provider"].join("."))) return [];
    if (!providers.kinds.includes(provider)) {
      const near = nearest(provider, providers.kinds);
      const right = near === undefined ? `There are: ${providers.kinds.join(", ")}.` : `Did you mean ${near}?`;
      return [{ path: [...path, "provider"], message: `There is no such provider. ${right}` }];
    }
    return [
      ...checkGateway(target, options).map((message) => ({ path: [...path, "gateway"], message })),
      ...(secrets ? under([...path, "connection"], providers.checkConnection(provider, connection)) : []),
      ...Object.entries(roles).flatMap(([role, { grant }]) =>
        told.has([...path, "roles", role, "grant"].join("."))
          ? []
          : under([...path, "roles", role, "grant"], providers.checkRole(provider, grant)),
      ),
    ];
  });
}

function checkGateway(
  { provider, gateway }: Target,
  { providers, hasGateway }: { readonly providers: ProviderChecks; readonly hasGateway?: boolean | undefined },
): string[] {
  if (gateway === undefined) return [];
  const { gatewayKinds = [] } = providers;
  if (!gatewayKinds.includes(provider))
    return [
      `The session gateway can't stand before ${provider}, only before: ${gatewayKinds.join(", ")}. Take it out.`,
    ];
  if (hasGateway !== false) return [];
  return ["There is no session gateway: set GATEWAY_PORT (docs/gateway.md), or take this out."];
}

function under(path: readonly PropertyKey[], problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => ({ path: [...path, ...problem.path], message: problem.message }));
}

/** Puts the environment's values in place of `${NAME}`, and tells which are missing. Values are never shown. */
function substitute(
  document: Document,
  env: Readonly<Record<string, string | undefined>>,
  { secrets, asks }: { readonly secrets: boolean; readonly asks: boolean },
): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Scalar(key, node, ancestors) {
      if (typeof node.value !== "string" || key === "key") return;
      const path = pathTo(node, ancestors);
      if (!secrets && path[0] === "targets" && path[2] === "connection") return;
      node.value = node.value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => {
        const value = env[name];
        if (value !== undefined && value !== "") return value;
        if (!asks && (path[0] === "schedules" || path[0] === "incidents")) return whole;
        problems.push({ path, message: `The environment variable ${name} is not set.` });
        return whole;
      });
    },
  });
  return problems;
}

function pathTo(node: unknown, ancestors: readonly unknown[]): PropertyKey[] {
  const chain = [...ancestors, node];
  return chain.flatMap((each, index): PropertyKey[] => {
    const child = chain[index + 1];
    if (typeof each !== "object" || each === null) return [];
    if ("items" in each && Array.isArray(each.items) && !isMap(each)) return [each.items.indexOf(child)];
    if ("key" in each && isScalar(each.key)) return [String(each.key.value)];
    return [];
  });
}

/** The line of the last key on the path that exists: what is missing is reported where it should stand. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of path) {
    const pair = isMap(node)
      ? node.items.find((each) => isScalar(each.key) && String(each.key.value) === key)
      : undefined;
    const place = isSeq(node) ? node.items[Number(key)] : pair?.key;
    if (!isNode(place) || !place.range) break;
    offset = place.range[0];
    node = pair === undefined ? place : pair.value;
  }
  return lines.linePos(offset).line;
}

/** The line of the first alias that stands for nothing; of the first at all when each stands for something. */
function aliasLine(document: Document, lines: LineCounter): number {
  const offsets: number[] = [];
  visit(document, {
    Alias(_key, node) {
      const offset = node.range?.[0] ?? 0;
      if (node.resolve(document) === undefined) offsets.unshift(offset);
      else offsets.push(offset);
    },
  });
  return lines.linePos(offsets[0] ?? 0).line;
}
