// The served bot, in a process of its own, with targets that do nothing.
import { readConfig } from "../../src/config.ts";
import { createLog } from "../../src/create-log.ts";
import { start } from "../../src/main.ts";
import { nothingKind } from "../nothing-kind.ts";
import { servePart } from "../part.ts";

const deadlines = new Map<string, number>();
const lateness: number[] = [];
const asked: [string, number][] = [];
const kind = nothingKind({
  granted: (request, deadline) => deadlines.set(request, deadline),
  revoked: (request) => {
    asked.push([request, Date.now()]);
    lateness.push(Date.now() - (deadlines.get(request) ?? NaN));
  },
});
const config = readConfig(process.env);
const bot = await start(config, process.env, { log: createLog(config.log), kindOf: () => kind });
servePart(`${bot.url}/slack/events`, {
  /** How late the target was asked to revoke, for each grant so far, in milliseconds. */
  lateness: () => lateness,
  /** Each request whose target was asked to revoke, and when, epoch milliseconds. */
  asked: () => asked,
  /** Resident, in bytes. */
  memory: () => process.memoryUsage.rss(),
});
