import type { Platform } from "../domain/platform.ts";
import type { Trace } from "../trace.ts";
import type { Messenger } from "./messenger.ts";

/** What speaks in a chat platform, with a span for each post. */
export function tracedMessenger(messenger: Messenger, platform: Platform, trace: Trace): Messenger {
  const about = { attributes: { platform } } as const;
  return {
    finds: messenger.finds,
    takesFiles: messenger.takesFiles,
    post: async (...args) => await trace.span("chat post", about, () => messenger.post(...args)),
    update: async (...args) => {
      await trace.span("chat update", about, () => messenger.update(...args));
    },
    find: async (...args) => await trace.span("chat find", about, () => messenger.find(...args)),
  };
}
