import { z } from "zod";
import { SlackRefusal } from "../slack-refusal.ts";
import { json, method } from "./method.ts";

/** Where a file's bytes are sent. */
export const UPLOAD_ROUTE = "/upload/v1";

const getUploadURLExternal = method(
  ["files:write"],
  { filename: z.string(), length: z.coerce.number().int().min(0), alt_txt: z.string().optional() },
  (workspace, { filename, length, alt_txt }) => {
    // "Typically only occurs when the length provided is 0."
    if (length === 0 || filename === "") throw new SlackRefusal("missing_argument");
    if ((alt_txt?.length ?? 0) > 1_000) throw new SlackRefusal("alt_txt_too_large");
    const { id, ticket } = workspace.files.reserve(filename, length, alt_txt);
    return { file_id: id, upload_url: `${workspace.url}${UPLOAD_ROUTE}/${ticket}` };
  },
);

/** Slack wants at least eight characters after the letter; the ids of this workspace may be shorter. A person's id is none. */
const channelId = z.string().regex(/^[CGDZ][A-Z0-9]+$/, "input must match regex pattern: ^[CGDZ][A-Z0-9]{8,}$");
const shared = z.array(z.object({ id: z.string(), title: z.string().optional() })).min(1);

/** Here `chat:write.public` is not enough: who shares a file into a channel has to be in it. */
const completeUploadExternal = method(
  ["files:write"],
  {
    files: json("invalid_arguments").pipe(shared),
    channel_id: channelId.optional(),
    thread_ts: z.string().optional(),
    initial_comment: z.string().optional(),
  },
  (workspace, { files, channel_id: id, thread_ts, initial_comment: text = "" }) => {
    const conversation = id === undefined ? undefined : workspace.conversations.forBot(id);
    if (conversation !== undefined) {
      if (!conversation.members.has(workspace.seed.bot.user_id)) throw new SlackRefusal("not_in_channel");
      if (conversation.archived) throw new SlackRefusal("is_archived");
      if (thread_ts !== undefined && workspace.history.root(conversation.id, thread_ts) === undefined)
        throw new SlackRefusal("thread_not_found");
    }
    const done = files.map((file) => workspace.files.share(file.id, file.title));
    if (conversation !== undefined)
      workspace.post(workspace.seed.bot.user_id, conversation, { text, files: done }, { thread_ts });
    return { files: done.map(({ id: file, title }) => ({ id: file, title })) };
  },
);

/** The methods of the `files` family. Who uploads is told the file's id, and not that of the message with it. */
export const fileMethods = {
  "files.getUploadURLExternal": getUploadURLExternal,
  "files.completeUploadExternal": completeUploadExternal,
} as const;
