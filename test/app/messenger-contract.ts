import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ChatBusy, ChatRefused, fileNameOf, type Mark, type Messenger } from "../../src/app/messenger.ts";
import { approvalCard } from "../../src/cards/approval-card.ts";
import { CodedError } from "../../src/errors.ts";
import { stateOf } from "../domain/given.ts";
import { TO_ITS_DEADLINE } from "../domain/lives.ts";

/** What a platform's stand-in lets the contract see and spoil. */
export interface MessengerStage {
  readonly messenger: Messenger;
  /** A channel, and another that isn't there. */
  readonly channel: string;
  readonly nowhere: string;
  /** What stands in a conversation as people read it, oldest first; in a thread with its first message's id. */
  readonly read: (channel: string, thread?: string) => readonly string[];
  /** Somebody deletes a message and what hangs under it. */
  readonly remove: (channel: string, message: string) => void;
  /** The next post is answered so. */
  readonly next: (fault: "busy" | "lost" | "broken") => void;
  stop(): Promise<void>;
}

const WAITING = approvalCard(stateOf(...TO_ITS_DEADLINE.slice(0, 1)), "first request this week");
const ENDED = approvalCard(stateOf(...TO_ITS_DEADLINE), "first request this week");
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=",
  "base64",
);
const tooLate = () => Promise.reject(new CodedError("CHAT_FAILED", "It is another's to say by now."));
const mark = (...keys: string[]): Mark => ({ request: "BG-7K3M2Q", keys });

/** What every chat platform's messenger holds. `alice` has an account there, `erin` has none. */
export function messengerContract(platform: string, open: () => Promise<MessengerStage>): void {
  describe(`a messenger of ${platform}`, () => {
    let stage: MessengerStage;
    before(async () => {
      stage = await open();
    });
    after(async () => {
      await stage.stop();
    });

    it("puts a card into a channel, and brings it up to date in place", async () => {
      const { messenger, channel, read } = stage;
      const posted = await messenger.post({ channel }, { card: WAITING }, mark("card"));
      assert.equal(posted.channel, channel);
      const before = read(channel).length;
      assert.match(read(channel).at(-1) ?? "", /waiting for approval/);
      await messenger.update(posted, { card: ENDED }, mark("card"));
      assert.equal(read(channel).length, before);
      assert.match(read(channel).at(-1) ?? "", /ended/);
      assert.doesNotMatch(read(channel).at(-1) ?? "", /Approve\b/);
    });

    it("hangs replies under a message, in order, and not into the channel", async () => {
      const { messenger, channel, read } = stage;
      const root = await messenger.post({ channel }, { text: ["root"] }, mark("root"));
      for (const line of ["one", "two", "three"])
        await messenger.post({ channel: root.channel, thread: root.message }, { text: [line] }, mark(line));
      assert.deepEqual(read(channel, root.message), ["one", "two", "three"]);
      assert.equal(read(channel).at(-1), "root");
    });

    it("shows what people wrote as they wrote it", async () => {
      const { messenger, channel, read } = stage;
      const said = "<!channel> <at>Bob</at> [x](https://evil.test) & \\";
      await messenger.post({ channel }, { text: [{ said }] }, mark("said"));
      assert.equal(read(channel).at(-1), said);
    });

    it("puts a file under a message where the platform takes any, and finds it again; where it takes none, it says so", async () => {
      const { messenger, channel, read } = stage;
      const root = await messenger.post({ channel }, { text: ["root"] }, mark("root"));
      const bytes = Buffer.from("<!doctype html>");
      const file = { name: fileNameOf(mark("record")), title: "Record", bytes, text: ["The <record>."] };
      const place = { channel: root.channel, thread: root.message };
      const posting = messenger.post(place, { file }, mark("record"));
      if (!messenger.takesFiles) {
        await assert.rejects(posting, (error) => error instanceof ChatRefused && error.over === undefined);
        return;
      }
      await posting;
      assert.deepEqual(read(channel, root.message), ["The <record>.\n📎 BG-7K3M2Q-record.html"]);
      await assert.rejects(messenger.post(place, { file }, mark("record"), tooLate), unknown);
      assert.equal(read(channel, root.message).length, 1, "what may no longer be said isn't");
      if (!messenger.finds) return;
      assert.ok(await messenger.find(place, mark("record"), Date.now() - 60_000));
      assert.equal(
        await messenger.find(place, { ...mark("record"), request: "BG-000000" }, Date.now() - 60_000),
        undefined,
      );
    });

    it("puts pictures under a message, together, and finds them again", async () => {
      const { messenger, channel, read } = stage;
      const root = await messenger.post({ channel }, { text: ["root"] }, mark("root"));
      const place = { channel: root.channel, thread: root.message };
      const drawn = ["one", "two"].map((name) => ({ name, title: `Picture ${name}`, bytes: PNG }));
      await messenger.post(place, { pictures: { pictures: drawn, text: ["In <pictures>."] } }, mark("pictures"));
      assert.equal(read(channel, root.message).length, 1);
      assert.match(read(channel, root.message)[0] ?? "", /^In <pictures>\.\n📎 .*one.*\n📎 .*two/);
      if (!messenger.finds) return;
      assert.ok(await messenger.find(place, mark("pictures"), Date.now() - 60_000));
      assert.equal(await messenger.find(place, mark("picture"), Date.now() - 60_000), undefined);
    });

    it("tells a person alone, always in the same conversation; whoever has no account is a refusal", async () => {
      const { messenger, read } = stage;
      const one = await messenger.post({ person: "alice" }, { text: ["one"] }, mark("d.1"));
      const two = await messenger.post({ person: "alice" }, { card: WAITING }, mark("d.2"));
      assert.equal(one.channel, two.channel);
      await messenger.update(two, { text: ["over"] }, mark("d.2"));
      assert.deepEqual(read(one.channel), ["one", "over"]);
      await assert.rejects(messenger.post({ person: "erin" }, { text: ["x"] }, mark("d.3")), refusal("no_account"));
    });

    it("asks last whether it may still be said: what must be done first may have taken long", async () => {
      const { messenger, channel, read } = stage;
      const root = await messenger.post({ channel }, { text: ["root"] }, mark("root"));
      const alone = await messenger.post({ person: "alice" }, { text: ["here"] }, mark("d.4"));
      const places = [{ channel }, { channel: root.channel, thread: root.message }, { person: "alice" }];
      for (const place of places)
        await assert.rejects(messenger.post(place, { text: ["x"] }, mark("x"), tooLate), unknown);
      assert.deepEqual([read(channel).at(-1), read(alone.channel).at(-1)], ["root", "here"]);
      assert.deepEqual(read(channel, root.message), []);
    });

    it("says what has come to an end: a channel, a thread, a message", async () => {
      const { messenger, channel, nowhere, remove } = stage;
      const over = (what: string) => (error: unknown) => error instanceof ChatRefused && error.over === what;
      await assert.rejects(messenger.post({ channel: nowhere }, { text: ["x"] }, mark("x")), over("channel"));
      const root = await messenger.post({ channel }, { text: ["root"] }, mark("root"));
      remove(root.channel, root.message);
      const reply = messenger.post({ channel: root.channel, thread: root.message }, { text: ["x"] }, mark("x"));
      await assert.rejects(reply, over("thread"));
      await assert.rejects(messenger.update(root, { text: ["x"] }, mark("x")), over("message"));
    });

    it("tells apart what was refused for now, and what nobody knows", async () => {
      const { messenger, channel, read, next } = stage;
      const before = read(channel).length;
      next("broken");
      await assert.rejects(messenger.post({ channel }, { text: ["broken"] }, mark("b")), unknown);
      assert.equal(read(channel).length, before);
      next("lost");
      await assert.rejects(messenger.post({ channel }, { text: ["lost"] }, mark("l")), unknown);
      assert.equal(read(channel).at(-1), "lost");
      const found = await messenger.find({ channel }, mark("l"), Date.now() - 60_000);
      assert.equal(found?.channel, messenger.finds ? channel : undefined);
      next("busy");
      await assert.rejects(
        messenger.post({ channel }, { text: ["busy"] }, mark("w")),
        (error) => error instanceof ChatBusy && error.retryAfterMs > 0,
      );
      assert.equal(read(channel).at(-1), "lost");
    });
  });
}

function refusal(reason: string) {
  return (error: unknown) => error instanceof ChatRefused && error.reason === reason && error.next !== "";
}

function unknown(error: unknown): boolean {
  return error instanceof CodedError && error.code === "CHAT_FAILED" && !(error instanceof ChatRefused);
}
