import type { App } from "@slack/bolt";
import type { SlackContext } from "./context.ts";

/** Somebody opens the app's Home tab. Slack says so each time; of the tab of messages too, which is no matter of ours. */
export function onHome(app: App, { homes }: SlackContext): void {
  app.event("app_home_opened", ({ event }) => {
    // Not waited for: it goes on for as long as something changes.
    if (event.tab === "home") void homes.opened({ platform: "slack", account: event.user });
    return Promise.resolve();
  });
}
