import type { WebClient } from "@slack/web-api";
import { ChatRefused } from "../app/messenger.ts";
import { CodedError } from "../errors.ts";
import { call } from "./call.ts";

/** A file may be large, and nothing waits for it. */
const SEND_LIMIT_MS = 60_000;

/** What is to be put there. */
export interface Uploaded {
  readonly name: string;
  readonly title: string;
  /** What a picture shows, for whoever can't see it. */
  readonly alt?: string;
  readonly bytes: Uint8Array;
}

/**
 * Puts files into a conversation, in one message: for each an address is asked for, and the bytes are sent there; then they are shared.
 * Until that last call nothing of them is seen, and Slack throws them away if it never comes (https://docs.slack.dev/reference/methods/files.completeUploadExternal).
 *
 * @param place - a conversation's own id: a person's is refused here; and the thread in it
 * @param files - at least one
 * @param said - what stands with them, as mrkdwn
 * @param ready - awaited right before they are shared
 * @returns the first file's id: Slack doesn't tell that of the message
 * @throws {@link ChatBusy}; {@link ChatRefused}, never saying that a channel or a thread is over; `CHAT_FAILED`
 */
export async function upload(
  client: WebClient,
  place: { readonly channel: string; readonly thread?: string | undefined },
  files: readonly [Uploaded, ...Uploaded[]],
  said: string,
  ready?: () => Promise<void>,
): Promise<string> {
  const { channel, thread } = place;
  const [one, ...others] = files;
  const first = await reserve(client, one);
  const sent: [SharedFile, ...SharedFile[]] = [first];
  for (const other of others) sent.push(await reserve(client, other));
  await ready?.();
  const share = async () => {
    const shared = { files: sent, initial_comment: said };
    const where = thread === undefined ? { channel_id: channel } : { channel_id: channel, thread_ts: thread };
    return await call("a file", client.files.completeUploadExternal({ ...shared, ...where }));
  };
  try {
    await share();
  } catch (error) {
    if (!(error instanceof ChatRefused) || error.reason !== "not_in_channel") throw withoutOver(error);
    // Writing in a public channel needs no membership; sharing a file there does.
    await notOver(call("to join a channel", client.conversations.join({ channel })));
    await notOver(share());
  }
  return first.id;
}

interface SharedFile {
  readonly id: string;
  readonly title: string;
}

/** Asks for an address, and sends the bytes there. */
async function reserve(client: WebClient, { name: filename, title, alt, bytes }: Uploaded): Promise<SharedFile> {
  // Slack's own name for it: that of its package's type is another (https://docs.slack.dev/reference/methods/files.getUploadURLExternal).
  const asked = { filename, length: bytes.byteLength, ...(alt !== undefined && { alt_txt: alt }) };
  const reserved = await notOver(call("a file", client.files.getUploadURLExternal(asked)));
  const { upload_url: url = "", file_id: id = "" } = reserved;
  await send(url, bytes);
  return { id, title };
}

async function send(url: string, bytes: Uint8Array): Promise<void> {
  const failed = (cause?: unknown) =>
    new CodedError("CHAT_FAILED", "Slack could not be reached for a file.", { next: "It is tried again.", cause });
  const body = new Blob([Uint8Array.from(bytes)]);
  const signal = AbortSignal.timeout(SEND_LIMIT_MS);
  const response = await fetch(url, { method: "POST", body, signal, redirect: "error" }).catch((cause: unknown) => {
    throw failed(cause);
  });
  await response.body?.cancel();
  if (!response.ok) throw failed(new Error(`HTTP ${response.status}`));
}

/** That a file is refused says nothing of the thread it was for: messages may come through where files don't. */
function withoutOver(error: unknown): unknown {
  if (!(error instanceof ChatRefused)) return error;
  const { reason, message, next } = error;
  return new ChatRefused(reason, message, next);
}

async function notOver<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw withoutOver(error);
  }
}
