import { z } from "zod";
import { explain } from "../block-kit/explain.ts";
import { SlackRefusal } from "../slack-refusal.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** One method of the Web API. */
export type Method = {
  /** The bot scopes of which one is needed; null for none. */
  readonly scopes: readonly string[] | null;
  /** Which kind of token it takes. */
  readonly token: "bot" | "app";
  /** @throws SlackRefusal with Slack's error */
  readonly call: (workspace: Workspace, args: unknown) => Record<string, unknown>;
};

/**
 * Makes a method of its arguments and its work. Arguments that a method doesn't know are ignored, as Slack does;
 * missing and malformed ones are `invalid_arguments`.
 *
 * @param scopes - the bot scopes of which one is needed; null for none
 * @param shape - the arguments
 * @param run - the work; what it returns stands beside `ok: true`
 */
export function method<Shape extends z.ZodRawShape>(
  scopes: readonly string[] | null,
  shape: Shape,
  run: (workspace: Workspace, args: z.infer<z.ZodObject<Shape>>) => Record<string, unknown>,
): Method {
  const schema = z.object(shape);
  const call: Method["call"] = (workspace, args) => {
    const parsed = schema.safeParse(args);
    if (!parsed.success) throw new SlackRefusal("invalid_arguments", explain(parsed.error.issues, []));
    return { ok: true, ...run(workspace, parsed.data) };
  };
  return { scopes, token: "bot", call };
}

/** A yes or no, which a form sends as a word. */
export const flag = z.union([
  z.boolean(),
  z.enum(["true", "false", "1", "0"]).transform((word) => /true|1/.test(word)),
]);

/** A number, which a form sends as digits. */
export const count = z.coerce.number().int().min(1).max(1000);

/**
 * A structure, which a form sends as JSON.
 *
 * @param error - what Slack answers when it is no JSON
 */
export function json(error: string) {
  return z.unknown().transform((value) => {
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      throw new SlackRefusal(error);
    }
  });
}
