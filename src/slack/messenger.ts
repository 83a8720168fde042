import type { MessageMetadata, WebClient } from "@slack/web-api";
import { z } from "zod";
import { ChatRefused, type Content, type Mark, type Messenger, type Place, type Posted } from "../app/messenger.ts";
import { call } from "./call.ts";
import { mrkdwn, type Names } from "./mrkdwn.ts";
import { renderCard, type SlackMessage } from "./render-card.ts";

const EVENT_TYPE = "breakglass_post";
/** Nothing of ours may unfurl: a preview is a stranger's text in our thread. */
const INERT = { unfurl_links: false, unfurl_media: false };
const LOOKED_AT = 100;

const marked = z.object({
  ts: z.string(),
  metadata: z.object({
    event_type: z.literal(EVENT_TYPE),
    event_payload: z.object({ request: z.string(), key: z.string() }),
  }),
});

/** How the program speaks in Slack. */
export class SlackMessenger implements Messenger {
  readonly #client: WebClient;
  readonly #names: Names;
  readonly #direct = new Map<string, string>();

  /** @param client - the one for posting */
  constructor(client: WebClient, names: Names) {
    this.#client = client;
    this.#names = names;
  }

  async post(place: Place, content: Content, mark: Mark): Promise<Posted> {
    const { channel, thread } = await this.#open(place);
    const message = { channel, ...this.#render(content), ...INERT, metadata: metadata(mark) };
    const sent = this.#client.chat.postMessage(thread === undefined ? message : { ...message, thread_ts: thread });
    const { ts, channel: posted } = await call("a message", sent);
    return { channel: posted ?? channel, message: ts ?? "" };
  }

  async update({ channel, message: ts }: Posted, content: Content, mark: Mark): Promise<void> {
    await call(
      "an update",
      this.#client.chat.update({ channel, ts, ...this.#render(content), metadata: metadata(mark) }),
    );
  }

  async find(place: Place, mark: Mark, since: number): Promise<Posted | undefined> {
    const { channel, thread } = await this.#open(place);
    const common = {
      channel,
      oldest: String(Math.floor(since / 1_000) - 1),
      limit: LOOKED_AT,
      include_all_metadata: true,
    } as const;
    try {
      const { messages } =
        thread === undefined
          ? await call("a look for a message", this.#client.conversations.history(common))
          : await call("a look for a reply", this.#client.conversations.replies({ ...common, ts: thread }));
      for (const message of messages ?? []) {
        const found = marked.safeParse(message);
        if (!found.success) continue;
        const { request, key } = found.data.metadata.event_payload;
        if (request === mark.request && key === mark.key) return { channel, message: found.data.ts };
      }
      return undefined;
    } catch (error) {
      // Where the bot may not read, it can't know: a line twice is better than none.
      if (error instanceof ChatRefused) return undefined;
      throw error;
    }
  }

  #render(content: Content): SlackMessage {
    if ("card" in content) return renderCard(content.card, this.#names);
    return { text: mrkdwn(content.text, this.#names), blocks: [] };
  }

  async #open(place: Place): Promise<{ channel: string; thread?: string | undefined }> {
    if ("channel" in place) return place;
    const users = this.#names.account(place.person);
    if (users === undefined) {
      throw new ChatRefused(
        "no_account",
        `${place.person} has no Slack account in the policy.`,
        "Add it under people.",
      );
    }
    const known = this.#direct.get(users);
    if (known !== undefined) return { channel: known };
    const { channel } = await call("a direct message", this.#client.conversations.open({ users }));
    const id = channel?.id ?? "";
    this.#direct.set(users, id);
    return { channel: id };
  }
}

function metadata({ request, key }: Mark): MessageMetadata {
  return { event_type: EVENT_TYPE, event_payload: { request, key } };
}
