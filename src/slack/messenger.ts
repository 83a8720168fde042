import type { MessageMetadata, WebClient } from "@slack/web-api";
import { z } from "zod";
import {
  ChatBusy,
  ChatRefused,
  fileStemOf,
  type Content,
  type FileContent,
  type Mark,
  type Messenger,
  type PicturesContent,
  type Place,
  type Posted,
} from "../app/messenger.ts";
import type { Text } from "../domain/text.ts";
import type { Answer } from "./answer.ts";
import { call } from "./call.ts";
import type { SlackIdentity } from "./identity.ts";
import type { Names } from "../cards/names.ts";
import { mrkdwn } from "./mrkdwn.ts";
import { Pauses } from "../app/pauses.ts";
import { renderCard, type SlackMessage } from "./render-card.ts";
import { upload, type Uploaded } from "./upload.ts";

const EVENT_TYPE = "breakglass_post";
/** Nothing of ours may unfurl: a preview is a stranger's text in our thread. */
const INERT = { unfurl_links: false, unfurl_media: false };
const LOOKED_AT = 100;
const PAGES = 5;
/** Slack's clock and ours may differ by so much before what was posted is looked for in vain. */
const CLOCKS_APART_MS = 300_000;
/** How soon it is asked again while Slack hasn't told who we are. */
const UNKNOWN_MS = 1_000;
const NOT_IN_CHANNEL = "not_in_channel";

const marked = z.object({
  user: z.string().optional(),
  bot_id: z.string().optional(),
  metadata: z.object({
    event_type: z.literal(EVENT_TYPE),
    event_payload: z.object({ request: z.string(), key: z.string() }),
  }),
});

const withFiles = z.object({
  user: z.string().optional(),
  files: z.array(z.object({ name: z.string().nullish() })),
});

/** How the program speaks in Slack. */
export class SlackMessenger implements Messenger {
  readonly finds = true;
  readonly takesFiles = true;
  readonly #client: WebClient;
  readonly #names: Names;
  readonly #own: () => SlackIdentity | undefined;
  readonly #pauses: Pauses;
  readonly #conversations = new Map<string, string>();

  /**
   * @param client - the one for posting
   * @param own - who we are, once Slack told
   * @param now - epoch milliseconds
   */
  constructor(client: WebClient, names: Names, own: () => SlackIdentity | undefined, now: () => number) {
    this.#pauses = new Pauses(now);
    this.#own = own;
    this.#client = client;
    this.#names = names;
  }

  async post(place: Place, content: Content, mark: Mark, ready?: () => Promise<void>): Promise<Posted> {
    const { channel, thread } = await this.#open(place);
    if ("file" in content) return await this.#upload({ channel, thread }, [content.file], content.file.text, ready);
    if ("pictures" in content) return await this.#draw({ channel, thread }, content.pictures, fileStemOf(mark), ready);
    const message = { channel, ...this.#render(content), ...INERT, metadata: metadata(mark) };
    const { ts, channel: posted } = await this.#pauses.respect(channel, async () => {
      const inPlace = thread === undefined ? message : { ...message, thread_ts: thread };
      await ready?.();
      return await call("a message", this.#client.chat.postMessage(inPlace));
    });
    return { channel: posted ?? channel, message: ts ?? "" };
  }

  async update({ channel, message: ts }: Posted, content: Content, mark: Mark): Promise<void> {
    // A file that stands there is not changed: another would be another file.
    if ("file" in content || "pictures" in content) return;
    const message = { channel, ts, ...this.#render(content), metadata: metadata(mark) };
    await this.#pauses.respect("chat.update", async () => await call("an update", this.#client.chat.update(message)));
  }

  async find(place: Place, mark: Mark, since: number): Promise<Posted | undefined> {
    // What is ours can't be told before it is known who we are; to say that nothing is there would have it posted twice.
    if (this.#own() === undefined) throw new ChatBusy(UNKNOWN_MS);
    const { channel, thread } = await this.#open(place);
    try {
      return await this.#look(channel, thread, mark, since);
    } catch (error) {
      // Where the bot may not read, it can't know: a line twice is better than none.
      if (!(error instanceof ChatRefused)) throw error;
      return error.reason === NOT_IN_CHANNEL ? await this.#joinAndLook(channel, thread, mark, since) : undefined;
    }
  }

  /** Tells somebody something in a direct message, be they known to the policy or not. Nothing is remembered of it. */
  async tellPrivately(account: string, { text, blocks = [] }: Pick<Answer, "text" | "blocks">): Promise<void> {
    const channel = await this.#direct(account);
    await call("a direct message", this.#client.chat.postMessage({ channel, text, blocks, ...INERT }));
  }

  /** Gives somebody a file in their direct messages. Nothing is remembered of it. */
  async sendFile(account: string, file: FileContent): Promise<void> {
    await this.#upload({ channel: await this.#direct(account) }, [file], file.text);
  }

  /** Shows somebody pictures in their direct messages. Nothing is remembered of it. */
  async sendPictures(account: string, pictures: PicturesContent): Promise<void> {
    await this.#draw({ channel: await this.#direct(account) }, pictures, "");
  }

  async #upload(
    place: { channel: string; thread?: string | undefined },
    files: readonly [Uploaded, ...Uploaded[]],
    text: Text,
    ready?: () => Promise<void>,
  ): Promise<Posted> {
    const said = mrkdwn(text, this.#names);
    const id = await this.#pauses.respect("files", async () => await upload(this.#client, place, files, said, ready));
    return { channel: place.channel, message: id };
  }

  async #draw(
    place: { channel: string; thread?: string | undefined },
    { pictures, text }: PicturesContent,
    stem: string,
    ready?: () => Promise<void>,
  ): Promise<Posted> {
    const [first, ...others] = pictures.map(({ name, title, bytes }) => ({
      ...{ name: `${stem}${name}.png`, title, alt: title, bytes },
    }));
    if (first === undefined) throw new Error("no pictures");
    return await this.#upload(place, [first, ...others], text, ready);
  }

  /** Writing in a public channel needs no membership; reading there does. */
  async #joinAndLook(
    channel: string,
    thread: string | undefined,
    mark: Mark,
    since: number,
  ): Promise<Posted | undefined> {
    try {
      await call("to join a channel", this.#client.conversations.join({ channel }));
      return await this.#look(channel, thread, mark, since);
    } catch (error) {
      if (error instanceof ChatRefused) return undefined;
      throw error;
    }
  }

  async #look(channel: string, thread: string | undefined, mark: Mark, since: number): Promise<Posted | undefined> {
    const common = {
      channel,
      oldest: String(Math.floor((since - CLOCKS_APART_MS) / 1_000)),
      limit: LOOKED_AT,
      include_all_metadata: true,
    } as const;
    for (let page = 1, cursor = ""; page <= PAGES; page++) {
      const asked = cursor === "" ? common : { ...common, cursor };
      const { messages = [], response_metadata: more } =
        thread === undefined
          ? await this.#pauses.respect(
              "conversations.history",
              async () => await call("a look for a message", this.#client.conversations.history(asked)),
            )
          : await this.#pauses.respect(
              "conversations.replies",
              async () =>
                await call("a look for a reply", this.#client.conversations.replies({ ...asked, ts: thread })),
            );
      const found = messages.find((message) => carries(message, mark, this.#own()));
      if (found?.ts !== undefined) return { channel, message: found.ts };
      cursor = more?.next_cursor ?? "";
      if (cursor === "") return undefined;
    }
    return undefined;
  }

  #render(content: Exclude<Content, { file: unknown } | { pictures: unknown }>): SlackMessage {
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
    return { channel: await this.#direct(users) };
  }

  async #direct(users: string): Promise<string> {
    const known = this.#conversations.get(users);
    if (known !== undefined) return known;
    const { channel } = await this.#pauses.respect(
      "conversations.open",
      async () => await call("a direct message", this.#client.conversations.open({ users })),
    );
    const id = channel?.id ?? "";
    this.#conversations.set(users, id);
    return id;
  }
}

function metadata({ request, keys }: Mark): MessageMetadata {
  return { event_type: EVENT_TYPE, event_payload: { request, key: keys.join(" ") } };
}

/** Whether a message is ours and the one that was marked so, or has it among others that were told together. */
function carries(message: unknown, mark: Mark, own: SlackIdentity | undefined): boolean {
  const { request, keys } = mark;
  // Nothing can be put into the message with a file.
  const shared = withFiles.safeParse(message);
  if (shared.success && own !== undefined && shared.data.user === own.user)
    return shared.data.files.some(({ name }) => name?.startsWith(fileStemOf(mark)) === true);
  const found = marked.safeParse(message);
  if (!found.success) return false;
  // Any app may mark its messages as ours are; one that passed for ours would keep a line from being told.
  if (own === undefined || (found.data.user !== own.user && found.data.bot_id !== own.bot)) return false;
  const { event_payload: payload } = found.data.metadata;
  return payload.request === request && payload.key.split(" ").includes(keys[0] ?? "");
}
