import type { WebClient } from "@slack/web-api";
import type { HomeScreen } from "../app/homes.ts";
import { Pauses } from "../app/pauses.ts";
import type { Names } from "../cards/names.ts";
import { call } from "./call.ts";
import { renderHome, SLACK_HOME_LIMITS } from "./render-home.ts";

/** The Home tab of the app. @param now - epoch milliseconds */
export function slackHomes(client: WebClient, names: Names, now: () => number): HomeScreen {
  const pauses = new Pauses(now);
  return {
    limits: SLACK_HOME_LIMITS,
    show: async (account, home) => {
      const view = renderHome(home, names);
      await pauses.respect("views.publish", async () => {
        await call("somebody's Home", client.views.publish({ user_id: account, view }));
      });
    },
  };
}
