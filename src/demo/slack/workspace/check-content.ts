import { z } from "zod";
import { checkBlocks } from "../block-kit/check-blocks.ts";
import { explain } from "../block-kit/explain.ts";
import { withIds } from "../block-kit/with-ids.ts";
import { SlackRefusal } from "../slack-refusal.ts";
import type { Ids } from "./ids.ts";
import type { MessageContent } from "./message.ts";

/** Slack cuts longer texts off; here they are refused, because a text that loses its end without a word is a fault. */
const LONGEST = 40_000;

const metadata = z.strictObject({
  event_type: z.string().min(1).max(255),
  event_payload: z.record(z.string(), z.unknown()),
});

/** What a bot sends as the content of a message, unchecked. */
export type SentContent = {
  text?: string | undefined;
  blocks?: unknown;
  attachments?: unknown;
  metadata?: unknown;
  unfurl_links?: boolean | undefined;
  unfurl_media?: boolean | undefined;
};

function checkMetadata(input: unknown): NonNullable<MessageContent["metadata"]> {
  const parsed = metadata.safeParse(input);
  if (!parsed.success) throw new SlackRefusal("invalid_metadata_format", explain(parsed.error.issues, ["metadata"]));
  return parsed.data;
}

/**
 * Checks what a bot wants a message to say.
 *
 * @param sent - as it came
 * @param ids - for blocks and elements that the bot left unnamed
 * @param longest - characters of `text`; `chat.update` takes fewer
 * @throws SlackRefusal `no_text`, `msg_too_long`, `invalid_attachments` (this workspace knows none), and those of
 * {@link checkBlocks}
 */
export function checkContent(sent: SentContent, ids: Ids, longest: number = LONGEST): MessageContent {
  const { text = "", blocks, attachments, unfurl_links: links, unfurl_media: media } = sent;
  if (Array.isArray(attachments) && attachments.length > 0) throw new SlackRefusal("invalid_attachments");
  const checked = blocks === undefined ? undefined : withIds(checkBlocks(blocks), () => ids.next("b"));
  if (text === "" && (checked ?? []).length === 0) throw new SlackRefusal("no_text");
  if (text.length > longest) throw new SlackRefusal("msg_too_long");
  return {
    text,
    ...(checked === undefined ? {} : { blocks: checked }),
    ...(sent.metadata === undefined ? {} : { metadata: checkMetadata(sent.metadata) }),
    ...(links === undefined && media === undefined ? {} : { unfurl: { links, media } }),
  };
}
