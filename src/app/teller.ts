import type { MonthOfInsights, Post } from "../cards/posts.ts";
import type { Text } from "../domain/text.ts";
import { CodedError } from "../errors.ts";
import type { Log } from "../log.ts";
import {
  ChatBusy,
  ChatRefused,
  type Content,
  type FileContent,
  type Mark,
  type Messenger,
  type Place,
  type Posted,
} from "./messenger.ts";
import { digest, Saying } from "./saying.ts";
import { channelOf, type Subject } from "./subject.ts";
import type { Told, ToldRecord } from "./told.ts";

export interface TellerOptions {
  readonly told: Told;
  readonly messenger: Messenger;
  /** The policy's incident channel in this platform: where a thread goes whose own channel can't be posted to. */
  readonly incidents: () => string | undefined;
  /** A request's record as it is now, as a file. */
  readonly recordOf: (request: string) => Promise<FileContent>;
  /** What a month came to. @throws `LEDGER_UNAVAILABLE` */
  readonly insightsOf: (month: MonthOfInsights, as: "text" | "pictures") => Promise<Content>;
  /** Waits until it may talk. */
  readonly turn: () => Promise<void>;
  readonly log: Log;
}

/** So many waiting lines at most go into one message, which keeps it under the 3,000 characters of a section in Slack. */
const LINES_TOGETHER = 8;

/** Says posts exactly once in one platform: an intention is remembered before, and the place after. */
export class Teller {
  readonly #options: TellerOptions;
  /** Requests whose thread was asked to wait: their waiting lines are put together. */
  readonly #crowded = new Set<string>();

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /**
   * Says what of one lane is not told yet, in order, and mends what shows something old. What is remembered of it takes two
   * writes, however much there is to say: what of it may have been said, and what was.
   *
   * @param already - what was told; kept up to date
   * @throws {@link ChatBusy}, `CHAT_FAILED`: what comes after waits, so that the order holds
   */
  async bringUpToDate(subject: Subject, lane: readonly Post[], already: Map<string, ToldRecord>): Promise<void> {
    const waiting = lane.filter((post) => needsTelling(post, already.get(post.key)));
    if (waiting.length === 0) return;
    const saying = new Saying(subject, already, waiting);
    if (!(await this.#options.told.remember(subject.id, saying.intentions))) throw notOurs(subject);
    try {
      while (waiting.length > 0) {
        const together = this.#crowded.has(subject.id) ? leadingLines(waiting, already) : 1;
        await this.#options.turn();
        await this.#say(saying, waiting.splice(0, together));
      }
    } catch (error) {
      if (error instanceof ChatBusy) this.#crowded.add(subject.id);
      throw error;
    } finally {
      await this.#options.told.remember(subject.id, saying.said, saying.unsaid);
    }
    if (lane.some(({ lane: name }) => name === "incident")) this.#crowded.delete(subject.id);
  }

  async #say(saying: Saying, batch: readonly Post[]): Promise<void> {
    const { subject, already } = saying;
    const [first] = batch;
    if (first === undefined) return;
    const mark: Mark = { request: subject.id, keys: batch.map(({ key }) => key) };
    const before = already.get(first.key);
    const place = placeOf(subject, first, already);
    const found = before?.posted ?? (before === undefined ? undefined : await this.#find(subject, place, mark));
    if (found === undefined) {
      const content = await this.#contentOf(subject, batch);
      // What another process has begun to say meanwhile must not be said twice.
      const ready = async () => {
        if (!(await this.#options.told.maySpeakOf(subject.id))) throw notOurs(subject);
        saying.begin(mark.keys);
      };
      try {
        saying.stands(mark.keys, await this.#post(content, place, mark, ready), digest(batch));
      } catch (error) {
        if (error instanceof ChatBusy || error instanceof ChatRefused) saying.refused(mark.keys);
        if (error instanceof ChatRefused && this.#isOver(error, place, first)) saying.gone(first.under ?? "");
        throw error;
      }
      return;
    }
    // What was posted and lost may show something older than what is wanted now.
    if (first.live) await this.#update(found, await this.#contentOf(subject, [first]), mark);
    saying.stands([first.key], found, digest([first]));
  }

  /** A message that somebody deleted, or that can't be changed any more, must not keep the rest from being told. */
  async #update(posted: Posted, content: Content, mark: Mark): Promise<void> {
    try {
      await this.#options.messenger.update(posted, content, mark);
    } catch (error) {
      if (!(error instanceof ChatRefused) || error.over !== "message") throw error;
      this.#options.log.warn("a message can no longer be brought up to date", { ...posted, error });
    }
  }

  /** Whether what a reply hangs under has to be said anew: in the same channel, or in the policy's own if that is closed. */
  #isOver({ over }: ChatRefused, place: Place, { under }: Post): boolean {
    if (under === undefined || !("channel" in place)) return false;
    return over === "thread" || (under === "root" && over === "channel" && this.#isItsOwn(place.channel));
  }

  #isItsOwn(channel: string): boolean {
    const incidents = this.#options.incidents();
    return incidents !== undefined && incidents !== channel;
  }

  async #contentOf({ id }: Subject, batch: readonly Post[]): Promise<Content> {
    const { recordOf, insightsOf } = this.#options;
    const [first] = batch;
    if (first !== undefined && "insights" in first.content)
      return await insightsOf(first.content.insights, first.content.as);
    const isFile = batch.some(({ content }) => "file" in content);
    return isFile ? { file: await recordOf(id) } : contentOf(batch);
  }

  async #find(subject: Subject, place: Place, mark: Mark): Promise<Posted | undefined> {
    const { messenger, incidents } = this.#options;
    const found = await messenger.find(place, mark, subject.openedAt);
    const channel = elsewhere(place, mark, incidents());
    if (found !== undefined || channel === undefined) return found;
    return await messenger.find({ channel }, mark, subject.openedAt);
  }

  async #post(content: Content, place: Place, mark: Mark, ready: () => Promise<void>): Promise<Posted> {
    const { messenger, incidents } = this.#options;
    try {
      return await messenger.post(place, content, mark, ready);
    } catch (error) {
      if (error instanceof ChatRefused && error.over === undefined && ("file" in content || "pictures" in content)) {
        // A workspace may take no files, or not from us: that is said once, and not tried for ever.
        this.#options.log.warn("a file was refused", { request: mark.request, error });
        return await messenger.post(
          place,
          { text: withoutFile("file" in content ? mark.request : undefined, error) },
          mark,
          ready,
        );
      }
      // A channel of the incident's own that the bot can't post to must not cost the request its thread.
      const channel = elsewhere(place, mark, incidents());
      if (!(error instanceof ChatRefused) || channel === undefined) throw error;
      return await messenger.post({ channel }, content, mark, ready);
    }
  }
}

function notOurs({ id }: Subject): CodedError {
  return new CodedError("CHAT_FAILED", `${id} may be spoken of by another process by now.`, {
    next: "It is tried again.",
  });
}

function withoutFile(request: string | undefined, { message, next }: ChatRefused): Text {
  const why = [message, next].filter((part) => part !== "").join(" ");
  if (request === undefined)
    return [
      `The pictures could not be put here: ${why} They are drawn by `,
      { code: "breakglass insights --png" },
      ".",
    ];
  return [`The record could not be put here: ${why} It is made by `, { code: `breakglass record ${request}` }, "."];
}

function contentOf(batch: readonly Post[]): Content {
  const lines = batch.flatMap(({ content }) => ("text" in content ? [content.text] : []));
  if (lines.length > 0) return { text: lines.flatMap((line, index): Text => (index === 0 ? line : ["\n", ...line])) };
  const [first] = batch;
  if (first === undefined || "file" in first.content || "insights" in first.content)
    throw new Error("a post without content");
  return first.content;
}

/** The policy's incident channel, where a request's thread may stand instead of in the incident's own. */
function elsewhere(place: Place, { keys }: Mark, incidents: string | undefined): string | undefined {
  return keys[0] === "root" && "channel" in place && place.channel !== incidents ? incidents : undefined;
}

function needsTelling(post: Post, told: ToldRecord | undefined): boolean {
  if (told?.posted !== undefined) return post.live && told.shows !== digest([post]);
  return !(post.note === true && told === undefined);
}

/** How many lines stand at the front, none of them begun, that can go into one message. One that calls somebody stands alone. */
function leadingLines(waiting: readonly Post[], already: Map<string, ToldRecord>): number {
  const end = waiting.findIndex((post) => !isPlainLine(post) || already.has(post.key));
  return Math.max(1, Math.min(end === -1 ? waiting.length : end, LINES_TOGETHER));
}

function isPlainLine({ content }: Post): boolean {
  return "text" in content && !content.text.some((span) => typeof span === "object" && "mention" in span);
}

function placeOf(subject: Subject, post: Post, already: Map<string, ToldRecord>): Place {
  if (post.lane === "private") return { person: subject.requester };
  if (post.under !== undefined) {
    const parent = already.get(post.under)?.posted;
    if (parent === undefined) throw new Error(`${post.key} waits for ${post.under}`);
    return { channel: parent.channel, thread: parent.message };
  }
  const channel = channelOf(subject.channels, post.lane);
  if (channel === undefined) throw new Error(`${post.key} has no channel`);
  return { channel };
}
