/**
 * What `npm start` runs: the demo, until there is a Slack to serve.
 *
 * @param {{ env: Record<string, string | undefined>, hasEnvFile: boolean, args: string[] }} given
 * @returns {string[]} arguments of `breakglass`
 */
export function startArguments({ env, hasEnvFile, args }) {
  const isConfigured = hasEnvFile || Boolean(env.SLACK_BOT_TOKEN);
  return [isConfigured ? "serve" : "demo", ...args];
}
