import { randomBytes } from "node:crypto";
import { kindsWith } from "../../app/kinds.ts";
import { plays, readConfig, type Config } from "../../config.ts";
import { asCoded } from "../../errors.ts";
import { Ledger } from "../../ledger/ledger.ts";
import { COMMAND_TIMEOUT_MS } from "../../redis/connect.ts";
import { requireRedis } from "../../redis/require-redis.ts";
import { openVault } from "../../vault/open-vault.ts";
import { withRedis } from "../with-ledger.ts";
import type { ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { checkAnomalies } from "./check-anomalies.ts";
import { checkFacts } from "./check-facts.ts";
import { checkFiles } from "./check-files.ts";
import { checkGateway } from "./check-gateway.ts";
import { checkFollowUps } from "./check-follow-ups.ts";
import { checkPolicy } from "./check-policy.ts";
import { checkRedis } from "./check-redis.ts";
import { checkSiem } from "./check-siem.ts";
import { checkSlack } from "./check-slack.ts";
import { checkTargets } from "./check-targets.ts";
import { checkTeams } from "./check-teams.ts";
import { findings, type Finding, type Standing } from "./finding.ts";

const MARKS: Readonly<Record<Standing, string>> = { fine: "ok  ", warning: "warn", problem: "FAIL", unknown: "??  " };

/**
 * `breakglass doctor`: whether everything that the program stands on is as it must be, a line each. Changes nothing.
 *
 * @returns 1 when something is wrong, 2 when something couldn't be known
 * @throws `CONFIG_INVALID`
 */
export async function doctor(io: Io, options: { readonly json: boolean }): Promise<ExitCode> {
  const config = readConfig(io.env);
  const kinds = kindsWith(openVault(config, randomBytes).accounts, Date.now);
  const all: Finding[] = [];
  const say = (some: readonly Finding[]) => {
    all.push(...some);
    if (!options.json) for (const each of some) sayOne(io, each);
  };
  const { policy, findings: ofPolicy } = await checkPolicy(config, io.env, kinds.checks);
  say(ofPolicy);
  say(await checkStores(io, config));
  if (plays(config, "worker") || plays(config, "gateway")) say(await checkAnomalies(config));
  if (config.slack !== undefined) say(await checkSlack(config.slack, policy, Date.now));
  else if (plays(config, "bot") && config.teams === undefined)
    say([
      findings("slack")(
        "problem",
        "SLACK_BOT_TOKEN is missing",
        "set it and SLACK_SIGNING_SECRET (or SLACK_APP_TOKEN)",
      ),
    ]);
  if (config.teams !== undefined) say(await checkTeams(config.teams, policy));
  if (policy !== undefined && plays(config, "bot")) say(await checkFacts(policy, config.policyFile, Date.now));
  if (config.gateway !== undefined && plays(config, "gateway")) say(await checkGateway(config.gateway, Date.now()));
  if (policy !== undefined && plays(config, "worker")) say(await checkTargets(policy, kinds.kindOf));
  const has = (standing: Standing) => all.some((each) => each.standing === standing);
  const code = has("problem") ? 1 : has("unknown") ? 2 : 0;
  if (options.json) io.result(JSON.stringify({ ok: code === 0, findings: all }, null, 2));
  return code;
}

/** Redis, and what stands on the disk beside it. */
async function checkStores(io: Io, config: Config): Promise<Finding[]> {
  try {
    if (config.redisUrl !== undefined) await requireRedis(config.redisUrl, COMMAND_TIMEOUT_MS);
    return await withRedis(io, async (redis) => [
      ...(await checkRedis(redis, Date.now)),
      ...(await checkFiles(config, new Ledger(redis, () => ""))),
      ...(config.followUps === undefined ? [] : await checkFollowUps(config.followUps, redis)),
      ...(config.siem === undefined ? [] : await checkSiem(config.siem, redis)),
    ]);
  } catch (error) {
    const { message, next } = asCoded(error);
    const own = config.redisUrl === undefined;
    const hint = own ? "breakglass serve starts it; ask again when it runs" : next;
    return [findings("redis")(own ? "unknown" : "problem", message, hint), ...(await checkFiles(config, undefined))];
  }
}

function sayOne(io: Io, { standing, subject, text, hint }: Finding): void {
  io.result(`${MARKS[standing]} ${subject}: ${text.replace(/\.$/, "")}`);
  if (hint !== undefined && hint !== "" && standing !== "fine") io.result(`     hint: ${hint.replace(/\.$/, "")}`);
}
