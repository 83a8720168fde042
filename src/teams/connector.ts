import { z } from "zod";
import { ChatRefused, type Over } from "../app/messenger.ts";
import { CodedError } from "../errors.ts";
import type { BotFramework } from "./bot-framework.ts";

/** Teams asks to wait: it refused, and did nothing. */
export class ConnectorBusy extends Error {
  /** As Teams said, milliseconds; undefined when it didn't. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, retryAfterMs: number | undefined) {
    super(`Teams answered ${status}`);
    this.retryAfterMs = retryAfterMs;
  }
}

const CALL_LIMIT_MS = 10_000;
/** The statuses that are to be tried again (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit). */
const BUSY = [412, 429, 502, 504];

const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string().default("") }) });
const createdSchema = z.object({ id: z.string(), activityId: z.string().optional() });
const sentSchema = z.object({ id: z.string() });

/** What a person can do about Teams' most usual refusals. */
const NEXT: Readonly<Record<string, string>> = {
  BotNotInConversationRoster: "Add the app to the team, or for the person.",
  ForbiddenOperationException: "Add the app to the team, or for the person.",
  BotDisabledByAdmin: "An administrator has blocked the app: allow it in the Teams admin center.",
  ConversationNotFound: "Check the channel's id in the policy, and add the app to its team.",
  MessageSizeTooBig: "Tell those who keep Breakglass: a message was too long.",
  "401": "Check MicrosoftAppId, MicrosoftAppPassword (a secret expires) and MicrosoftAppTenantId.",
};

/** What is being called, for what Teams' answer means. */
type Call = "create" | "send" | "update" | "read";

/** Why something was refused, in terms of what came to an end. */
function overOf(call: Call, status: number): Over | undefined {
  if (call === "update") return [400, 403, 404].includes(status) ? "message" : undefined;
  if (call === "send") return status === 404 ? "thread" : undefined;
  return call === "create" && [403, 404].includes(status) ? "channel" : undefined;
}

/** The calls to Teams' Bot Connector that are needed. Nothing is retried here: retries belong to the queue. */
export class Connector {
  readonly #framework: BotFramework;

  constructor(framework: BotFramework) {
    this.#framework = framework;
  }

  /**
   * Begins a thread in a channel, or a chat with a person.
   *
   * @returns the conversation's id, and that of the message it begins with
   * @throws {@link ConnectorBusy}, `ChatRefused`, `CHAT_FAILED` when it is unknown what happened; so do the others
   */
  async create(service: string, parameters: object): Promise<z.output<typeof createdSchema>> {
    return createdSchema.parse(await this.#ask("create", service, "POST", "v3/conversations", parameters));
  }

  /** Says something in a conversation. @returns the message's id */
  async send(service: string, conversation: string, activity: object): Promise<string> {
    const path = `v3/conversations/${encodeURIComponent(conversation)}/activities`;
    return sentSchema.parse(await this.#ask("send", service, "POST", path, activity)).id;
  }

  async update(service: string, conversation: string, message: string, activity: object): Promise<void> {
    const path = `v3/conversations/${encodeURIComponent(conversation)}/activities/${encodeURIComponent(message)}`;
    await this.#ask("update", service, "PUT", path, activity);
  }

  /** What Teams knows of somebody in a conversation or team. */
  async member(service: string, conversation: string, account: string): Promise<unknown> {
    const path = `v3/conversations/${encodeURIComponent(conversation)}/members/${encodeURIComponent(account)}`;
    return await this.#ask("read", service, "GET", path);
  }

  /** A team's channels. */
  async channels(service: string, team: string): Promise<unknown> {
    return await this.#ask("read", service, "GET", `v3/teams/${encodeURIComponent(team)}/conversations`);
  }

  async #ask(call: Call, service: string, method: string, path: string, body?: object): Promise<unknown> {
    const token = await this.#framework.token();
    let response: Response;
    let text: string;
    try {
      response = await fetch(new URL(path, service.endsWith("/") ? service : `${service}/`), {
        method,
        headers: {
          accept: "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // Our token goes to the address that Teams gave, and nowhere else.
        redirect: "error",
        signal: AbortSignal.timeout(CALL_LIMIT_MS),
      });
      text = await response.text();
    } catch (cause) {
      throw unknownOutcome("could not be reached", cause);
    }
    if (BUSY.includes(response.status)) throw new ConnectorBusy(response.status, retryAfterMs(response));
    if (response.status >= 500) throw unknownOutcome(`answered ${response.status}`);
    const answer = parsed(text);
    if (response.ok) return answer;
    const said = errorSchema.safeParse(answer);
    const reason = said.success ? said.data.error.code : String(response.status);
    const next = NEXT[reason] ?? NEXT[String(response.status)] ?? "";
    const message = `Teams refused it: ${reason} (${response.status}).`;
    throw new ChatRefused(reason, message, next, overOf(call, response.status));
  }
}

function unknownOutcome(what: string, cause?: unknown): CodedError {
  return new CodedError("CHAT_FAILED", `Teams ${what}.`, { next: "It is tried again.", cause });
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
