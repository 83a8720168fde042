import type { HomeScreen } from "../app/homes.ts";
import type { Posted } from "../app/messenger.ts";
import type { Home } from "../cards/home.ts";
import type { Names } from "../cards/names.ts";
import type { Text } from "../domain/text.ts";
import type { TeamsContext } from "./context.ts";
import type { Conversations } from "./conversations.ts";
import type { TeamsMessenger } from "./messenger.ts";
import { attachment, type AdaptiveCard, type TeamsMessage } from "./render-card.ts";
import { renderHome, TEAMS_HOME_LIMITS } from "./render-home.ts";

/** The card in the chat with somebody that shows them their home. */
export function teamsHomes(messenger: TeamsMessenger, conversations: Conversations, names: Names): HomeScreen {
  return {
    limits: TEAMS_HOME_LIMITS,
    show: async (account, home) => {
      const stands = await conversations.homeOf(account);
      const shown = await messenger.showAlone(account, homeMessage(home, names), stands);
      if (shown !== stands) await conversations.rememberHome(account, shown);
    },
  };
}

/**
 * Somebody wants to see their home: a new card, at the end of their chat.
 *
 * @throws `CHAT_FAILED` where nothing can be said to them alone
 */
export async function showHome(context: TeamsContext, account: string): Promise<void> {
  const { conversations, homes, messenger, names } = context;
  const place = { platform: "teams", account } as const;
  const home = await homes.of(place, TEAMS_HOME_LIMITS);
  await conversations.rememberHome(account, await messenger.showAlone(account, homeMessage(home, names)));
  void homes.opened(place, home);
}

function homeMessage(home: Home, names: Names): TeamsMessage {
  return { type: "message", summary: "Your home", attachments: [attachment(renderHome(home, names))] };
}

/**
 * The home that a click was made on, drawn anew for whoever clicked; undefined when it was made on something else. From here on it is
 * kept up to date for another while.
 *
 * @param note - what came of the click
 */
export async function homeAt(
  { conversations, homes, names }: TeamsContext,
  account: string,
  stands: Posted,
  note: Text | undefined,
): Promise<AdaptiveCard | undefined> {
  const home = await conversations.homeOf(account);
  if (home?.channel !== stands.channel || home.message !== stands.message) return undefined;
  void homes.opened({ platform: "teams", account });
  return renderHome(await homes.of({ platform: "teams", account }, TEAMS_HOME_LIMITS), names, note);
}
