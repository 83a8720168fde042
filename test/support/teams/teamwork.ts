import { z } from "zod";
import { adaptiveCard, type AdaptiveCard, type Element } from "./adaptive-card.ts";
import type { TeamsPerson, TeamsSeed } from "./seed.ts";

/** Teams' no. */
export class TeamsRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

/** At most 1 MB and 1024 by 1024, https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages. */
const picture = z.object({
  contentType: z.literal("image/png"),
  name: z.string().min(1),
  contentUrl: z.string().refine((url) => {
    const png = Buffer.from(/^data:image\/png;base64,([\w+/]+=*)$/.exec(url)?.[1] ?? "", "base64");
    if (png.length < 24 || png.length > 1_000_000 || png.readUInt32BE(0) !== 0x89504e47) return false;
    return png.readUInt32BE(16) <= 1_024 && png.readUInt32BE(20) <= 1_024;
  }, "no picture that Teams shows"),
});

/** What a bot may send: text, or one Adaptive Card, or pictures. */
const content = z.looseObject({
  type: z.literal("message"),
  text: z.string().min(1).optional(),
  textFormat: z.enum(["plain", "markdown", "xml"]).optional(),
  summary: z.string().optional(),
  attachments: z
    .union([
      z
        .array(z.object({ contentType: z.literal("application/vnd.microsoft.card.adaptive"), content: adaptiveCard }))
        .length(1),
      z.array(picture).min(1).max(10),
    ])
    .optional(),
});

export interface TeamsMessage {
  readonly id: string;
  /** `19:…@thread.tacv2;messageid=…` in a channel, `a:…` in a chat. */
  readonly conversation: string;
  readonly from: string;
  text: string;
  card: AdaptiveCard | undefined;
  /** What its pictures are called. */
  pictures: readonly string[];
  summary: string | undefined;
  edits: number;
}

/** What stands in Teams: conversations and their messages. As strict as the real one is known to be about ids and content. */
export class Teamwork {
  readonly seed: TeamsSeed;
  readonly messages: TeamsMessage[] = [];
  #last = 1_700_000_000_000;

  constructor(seed: TeamsSeed) {
    this.seed = seed;
  }

  /** An id as Teams gives them. */
  newId(): string {
    return String(++this.#last);
  }

  /** The team's own id, which is that of its first channel. */
  get team(): string {
    return this.seed.channels[0]?.id ?? "";
  }

  person(account: string): TeamsPerson {
    const found = this.seed.people.find(({ aad }) => aad === account || userOf(aad) === account);
    if (found === undefined) throw new TeamsRefusal(404, "MemberNotFoundInConversation");
    return found;
  }

  /** Begins a thread. */
  begin(channel: string, from: string, body: unknown): TeamsMessage {
    if (!this.seed.channels.some(({ id }) => id === channel)) throw new TeamsRefusal(404, "ConversationNotFound");
    // A thread that begins with a picture was answered 400: https://github.com/MicrosoftDocs/bot-docs/issues/2088.
    if (contentOf(body).pictures.length > 0) throw new TeamsRefusal(400, "BadRequest: begins with a picture");
    const id = this.newId();
    return this.#add(`${channel};messageid=${id}`, id, from, body);
  }

  say(conversation: string, from: string, body: unknown): TeamsMessage {
    const [channel = "", root] = conversation.split(";messageid=");
    if (conversation.startsWith("19:")) {
      if (root === undefined) throw new TeamsRefusal(400, "BadArgument");
      if (!this.messages.some(({ id, conversation: at }) => id === root && at.startsWith(channel)))
        throw new TeamsRefusal(404, "ConversationNotFound");
    } else if (!this.seed.people.some(({ aad }) => chatOf(aad) === conversation)) {
      throw new TeamsRefusal(404, "ConversationNotFound");
    }
    return this.#add(conversation, this.newId(), from, body);
  }

  update(conversation: string, id: string, from: string, body: unknown): void {
    const message = this.messages.find((each) => each.id === id && each.conversation === conversation);
    if (message === undefined) throw new TeamsRefusal(404, "ActivityNotFoundInConversation");
    if (message.from !== from) throw new TeamsRefusal(403, "ForbiddenOperationException");
    Object.assign(message, contentOf(body), { edits: message.edits + 1 });
  }

  /** Somebody deletes a message, and with a thread's first one the thread. */
  remove(id: string): void {
    for (let at = this.messages.length - 1; at >= 0; at--) {
      const { id: each, conversation } = this.messages[at] ?? { id: "", conversation: "" };
      if (each === id || conversation.endsWith(`;messageid=${id}`)) this.messages.splice(at, 1);
    }
  }

  /** The messages of a channel or chat, oldest first. */
  in(conversation: string): TeamsMessage[] {
    return this.messages.filter((each) => each.conversation.split(";")[0] === conversation);
  }

  thread(root: TeamsMessage): TeamsMessage[] {
    return this.messages.filter(({ conversation, id }) => conversation === root.conversation && id !== root.id);
  }

  #add(conversation: string, id: string, from: string, body: unknown): TeamsMessage {
    const message = { id, conversation, from, edits: 0, ...contentOf(body) };
    this.messages.push(message);
    return message;
  }
}

function contentOf(body: unknown): Pick<TeamsMessage, "text" | "card" | "pictures" | "summary"> {
  const parsed = content.safeParse(body);
  if (!parsed.success) throw new TeamsRefusal(400, `BadSyntax: ${z.prettifyError(parsed.error)}`);
  const { text = "", attachments, summary } = parsed.data;
  if (text === "" && attachments === undefined) throw new TeamsRefusal(400, "BadSyntax: nothing in it");
  const [card] = (attachments ?? []).flatMap((each) => ("content" in each ? [each.content] : []));
  const pictures = (attachments ?? []).flatMap((each) => ("name" in each ? [each.name] : []));
  return { text, card, pictures, summary };
}

export function userOf(account: string): string {
  return `29:${account}`;
}

export function chatOf(account: string): string {
  return `a:${account}`;
}

/** A message as people read it: markup taken out, times as they are written. */
export function readable({
  text,
  card: shown,
  pictures = [],
}: Pick<TeamsMessage, "text" | "card"> & { pictures?: readonly string[] }): string {
  if (shown === undefined) {
    const said = unescapeHtml(text.replaceAll("<br>", "\n").replace(/<\/?(code|strong|a|at)\b[^>]*>/g, ""));
    return [said, ...pictures.map((name) => `📎 ${name}`)].join("\n");
  }
  const actions = (shown.actions ?? []).map(({ title }) => `[${title}]`).join(" ");
  return [...shown.body.map(readElement), actions].filter((line) => line !== "").join("\n");
}

function readElement(each: Element): string {
  switch (each.type) {
    case "TextBlock":
      return unescapeMarkdown(each.text);
    case "RichTextBlock":
      return each.inlines.map(({ text }) => text).join("");
    case "FactSet":
      return each.facts.map(({ title, value }) => `${title}: ${unescapeMarkdown(value)}`).join("\n");
    case "ActionSet":
      return each.actions.map(({ title }) => `[${title}]`).join(" ");
    case "Container":
      return each.items.map(readElement).join("\n");
    case "Input.Text":
    case "Input.ChoiceSet":
    case "Input.Date":
      return each.label;
  }
}

function unescapeMarkdown(text: string): string {
  return text
    .replace(/\*\*(.+?)\*\*/g, "$1")
    .replace(/<at>(.*?)<\/at>/g, "@$1")
    .replace(/\[((?:[^\]\\]|\\.)*)\]\([^)]*\)/g, "$1")
    .replace(/\\([!-/:-@[-`{-~])/g, "$1");
}

function unescapeHtml(html: string): string {
  return html.replace(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code)));
}
