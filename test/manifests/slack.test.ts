import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { WebClient } from "@slack/web-api";
import { parse } from "yaml";
import { z } from "zod";
import { BOT_SCOPES } from "../../src/slack/scopes.ts";

const ROOT = join(import.meta.dirname, "../..");

/**
 * The Web API methods that the program calls, and the bot scopes each needs for how it is called
 * (https://docs.slack.dev/reference/methods). Methods without scopes need only a token.
 */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  "auth.test": [],
  "bots.info": ["users:read"],
  // The second: an incident channel that is public but not the bot's.
  "chat.postMessage": ["chat:write", "chat:write.public"],
  // With the app token, which has a scope of its own.
  "apps.connections.open": [],
  "chat.update": ["chat:write"],
  // Public channels, private channels, direct messages; never group messages.
  "conversations.history": ["channels:history", "groups:history", "im:history"],
  "conversations.replies": ["channels:history", "groups:history"],
  // Of a private channel for its name; of any for whether an incident's channel is archived.
  "conversations.info": ["groups:read", "channels:read"],
  "conversations.join": ["channels:join"],
  // One person at a time.
  "conversations.open": ["im:write"],
  // The bytes between the two go to an address that the first one gives, and need no scope.
  "files.completeUploadExternal": ["files:write"],
  "files.getUploadURLExternal": ["files:write"],
  "usergroups.users.list": ["usergroups:read"],
  "users.info": ["users:read"],
  "views.open": [],
  // It needs the Home tab, which the manifest has.
  "views.publish": [],
  "views.update": [],
};

/** Slack's limits (https://docs.slack.dev/reference/app-manifest). What we don't use may not be there. */
const manifestSchema = z.strictObject({
  _metadata: z.strictObject({ major_version: z.literal(2), minor_version: z.int() }),
  display_information: z.strictObject({
    name: z.string().min(1).max(35),
    description: z.string().min(1).max(140),
    long_description: z.string().min(175).max(4_000),
    background_color: z.string().regex(/^#[0-9a-f]{6}$/i),
  }),
  features: z.strictObject({
    bot_user: z.strictObject({ display_name: z.string().min(1).max(80), always_online: z.boolean() }),
    app_home: z.strictObject({
      home_tab_enabled: z.literal(true),
      // Without it no direct message can be sent: messages_tab_disabled.
      messages_tab_enabled: z.literal(true),
      messages_tab_read_only_enabled: z.boolean(),
    }),
    slash_commands: z
      .array(
        z.strictObject({
          command: z.string().regex(/^\//).min(2).max(32),
          description: z.string().min(1).max(2_000),
          usage_hint: z.string().min(1).max(1_000),
          // Text arrives as it was typed: escaped mentions would stand in a justification as ids.
          should_escape: z.literal(false),
        }),
      )
      .min(1)
      .max(50),
  }),
  oauth_config: z.strictObject({ scopes: z.strictObject({ bot: z.array(z.string().max(50)).max(255) }) }),
  settings: z.strictObject({
    event_subscriptions: z.strictObject({ bot_events: z.array(z.string()).min(1).max(100) }),
    interactivity: z.strictObject({ is_enabled: z.literal(true) }),
    socket_mode_enabled: z.literal(true),
    org_deploy_enabled: z.literal(false),
    token_rotation_enabled: z.literal(false),
  }),
});

const manifest = manifestSchema.parse(parse(readFileSync(join(ROOT, "manifests/slack.yaml"), "utf8")));
const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.startsWith("demo"))
  .map((name) => readFileSync(join(ROOT, "src", name), "utf8"))
  .join("\n");

/** Every method that Slack's client has, `chat.postMessage` and so on. */
function methodsOf(client: object): string[] {
  const seen = new Set<unknown>();
  const walk = (value: unknown, path: readonly string[]): string[] => {
    if (typeof value === "function") return path.length > 1 ? [path.join(".")] : [];
    if (typeof value !== "object" || value === null || seen.has(value) || path.length > 4) return [];
    seen.add(value);
    return Object.entries(value).flatMap(([key, part]) => walk(part, [...path, key]));
  };
  return walk(client, []);
}

/** The methods called in the sources, each once. `usergroups.users.list` is not also `users.list`: the longest name counts. */
function methodsCalled(): string[] {
  const methods = methodsOf(new WebClient()).sort((one, other) => other.length - one.length);
  const calls = sources.replaceAll(/\s+(?=\.\w)/g, "").matchAll(/[\w.#]+\.\w+(?=\()/g);
  const found = [...calls].map(([call]) => methods.find((method) => call.endsWith(`.${method}`)));
  return [...new Set(found.filter((method) => method !== undefined))].sort();
}

const called = methodsCalled();

describe("manifests/slack.yaml", () => {
  it("has the command that the program listens to, and no other", () => {
    const listened = [...sources.matchAll(/app\.command\("([^"]+)"/g)].map(([, command]) => command);
    assert.deepEqual(
      manifest.features.slash_commands.map(({ command }) => command),
      listened,
    );
  });

  it("is held against methods of which each is known here, and each is called", () => {
    assert.ok(called.includes("chat.postMessage"), "the calls were not found in the sources");
    assert.doesNotMatch(sources, /\.apiCall\(/, "a call that can't be found by its name");
    assert.deepEqual(called, Object.keys(SCOPES).sort());
  });

  it("asks for the scopes that doctor looks for", () => {
    assert.deepEqual([...manifest.oauth_config.scopes.bot].sort(), [...BOT_SCOPES].sort());
  });

  it("asks for exactly the scopes that the called methods and the command need", () => {
    const needed = new Set(["commands", ...called.flatMap((method) => SCOPES[method] ?? [])]);
    assert.deepEqual([...manifest.oauth_config.scopes.bot].sort(), [...needed].sort());
  });

  it("subscribes to the events that the program listens to, and to no other", () => {
    const listened = [...sources.matchAll(/app\.event\("([^"]+)"/g)].map(([, event]) => event);
    assert.deepEqual(manifest.settings.event_subscriptions.bot_events, listened);
    assert.doesNotMatch(sources, /\bapp\.(message|shortcut|options|function|assistant)\(/);
  });
});
