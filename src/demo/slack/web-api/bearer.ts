import { SlackRefusal } from "../slack-refusal.ts";
import type { Seed } from "../workspace/seed.ts";
import type { Method } from "./method.ts";

/**
 * Checks a call's token and scopes.
 *
 * @param seed - whose tokens and scopes count
 * @param token - from the header, or from a form's field; undefined if there is none
 * @param method - what is called
 * @throws SlackRefusal `not_authed`, `invalid_auth`, `not_allowed_token_type`, `missing_scope`
 */
export function checkBearer(seed: Seed, token: string | undefined, method: Pick<Method, "scopes" | "token">): void {
  if (token === undefined || token === "") throw new SlackRefusal("not_authed");
  if (token !== seed.botToken && token !== seed.appToken) throw new SlackRefusal("invalid_auth");
  const right = method.token === "app" ? seed.appToken : seed.botToken;
  if (token !== right) throw new SlackRefusal("not_allowed_token_type");
  const { scopes } = seed;
  if (scopes === undefined || method.scopes === null || method.scopes.some((one) => scopes.includes(one))) return;
  throw new SlackRefusal("missing_scope", [], { needed: method.scopes.join(","), provided: scopes.join(",") });
}
