import type { Platform } from "../domain/platform.ts";
import type { Trace } from "../trace.ts";
import type { Mark, Messenger } from "./messenger.ts";

/** What speaks in a chat platform, with a span for each post. */
export function tracedMessenger(messenger: Messenger, platform: Platform, trace: Trace): Messenger {
  const about = ({ request }: Mark) => ({ request, attributes: { platform }, lane: platform }) as const;
  return {
    finds: messenger.finds,
    takesFiles: messenger.takesFiles,
    post: async (place, content, mark, ready) =>
      await trace.span("chat post", about(mark), () => messenger.post(place, content, mark, ready)),
    update: async (posted, content, mark) => {
      await trace.span("chat update", about(mark), () => messenger.update(posted, content, mark));
    },
    find: async (place, mark, since) =>
      await trace.span("chat find", about(mark), () => messenger.find(place, mark, since)),
  };
}
