import type { View } from "./views.ts";
import type { Workspace } from "./workspace.ts";

/**
 * A view as Slack's methods and payloads tell of it.
 *
 * @param workspace - where it is open
 * @param view - which
 */
export function apiView(workspace: Workspace, view: View): Record<string, unknown> {
  const { seed } = workspace;
  return structuredClone({
    id: view.id,
    team_id: seed.team.id,
    type: "modal",
    blocks: view.blocks,
    private_metadata: view.private_metadata ?? "",
    callback_id: view.callback_id ?? "",
    state: { values: view.values },
    hash: view.hash,
    title: view.title,
    clear_on_close: view.clear_on_close ?? false,
    notify_on_close: view.notify_on_close ?? false,
    close: view.close ?? null,
    submit: view.submit ?? null,
    previous_view_id: view.previous_view_id,
    root_view_id: view.root_view_id,
    app_id: seed.appId,
    external_id: view.external_id ?? "",
    app_installed_team_id: seed.team.id,
    bot_id: seed.bot.bot_id,
  });
}
