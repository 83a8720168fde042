import type { HomeTab } from "./homes.ts";
import type { Workspace } from "./workspace.ts";

/**
 * A Home tab as Slack's methods and payloads tell of it.
 *
 * @param workspace - where it stands
 * @param tab - which
 */
export function apiHome({ seed }: Workspace, tab: HomeTab): Record<string, unknown> {
  return structuredClone({
    id: tab.id,
    team_id: seed.team.id,
    type: "home",
    blocks: tab.blocks,
    private_metadata: tab.private_metadata ?? "",
    callback_id: tab.callback_id ?? "",
    state: { values: tab.values },
    hash: tab.hash,
    clear_on_close: false,
    notify_on_close: false,
    close: null,
    submit: null,
    previous_view_id: null,
    root_view_id: tab.id,
    app_id: seed.appId,
    external_id: tab.external_id ?? "",
    app_installed_team_id: seed.team.id,
    bot_id: seed.bot.bot_id,
  });
}
