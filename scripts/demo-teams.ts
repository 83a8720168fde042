// `npm run demo:teams`: the bot as it looks in Teams, in Microsoft's Agents Playground, with a real Postgres and a private Redis.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../src/config.ts";
import { startOrdersDatabase } from "../src/demo/orders-database.ts";
import { startPlayground, type PlaygroundSeed } from "../src/demo/teams/playground.ts";
import { createLog } from "../src/create-log.ts";
import { start } from "../src/main.ts";

const TENANT = "11112222-3333-4444-5555-666677778888";
const GENERAL = "19:general@thread.tacv2";
const INCIDENTS = "19:incidents@thread.tacv2";
const aad = (nth: number) => `8d3c1e8a-5f0e-4b61-9c3e-00000000000${nth}`;
const person = (nth: number, name: string) => ({
  id: `user-${name.split(" ")[0]?.toLowerCase() ?? ""}`,
  name,
  aadObjectId: aad(nth),
});
const BOB = person(2, "Bob Ortiz");

const SEED: PlaygroundSeed = {
  tenant: TENANT,
  bot: { id: "28:breakglass", name: "Breakglass" },
  me: person(1, "Alice Ng"),
  others: [BOB, person(3, "Carol Diaz"), person(4, "Dave Poe"), person(5, "Erin Roe"), person(6, "Mallory Reed")],
  chat: "personal-chat",
  team: { id: GENERAL, name: "Acme" },
  channel: { id: INCIDENTS, name: "incidents" },
};

/** One is Alice on the Playground's page, so Alice may approve what Bob asks for, and go ahead alone when nobody answers her. */
const POLICY = `version: 1
channels:
  approvals: "${GENERAL}"
  incidents: "${INCIDENTS}"
  security: "${GENERAL}"
people:
  alice: { name: Alice Ng, teams: ${aad(1)} }
  bob: { name: Bob Ortiz, teams: ${aad(2)} }
  carol: { name: Carol Diaz, teams: ${aad(3)} }
groups:
  sre: [alice, bob]
  leads: [alice, carol]
targets:
  orders-db:
    title: Orders database (production)
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    roles:
      reader:
        grant: { memberOf: [orders_reader] }
        requesters: [sre]
        approval: { automatic: { uses: 3, per: 24h }, approvers: [leads] }
        duration: { default: 5m, max: 30m }
      writer:
        grant: { memberOf: [orders_writer] }
        requesters: [sre]
        approval: { approvers: [leads], lapse: 30m, emergency: { after: 20s, max: 5m } }
        duration: { default: 15m, max: 30m }
`;

const say = (line: string) => {
  console.error(line);
};
const dir = await mkdtemp(join(tmpdir(), "breakglass-demo-"));
await chmod(dir, 0o711);
const undo: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
const end = async () => {
  for (const step of undo.reverse()) await step().catch(() => undefined);
};
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      resolve();
    });
});
const opening = open();
try {
  await Promise.race([opening.then(() => interrupted), interrupted]);
} finally {
  // What is half open can't be closed: a Ctrl-C while it starts waits until it has.
  await opening.catch(() => undefined);
  await end();
}

async function open(): Promise<void> {
  const log = createLog({ level: process.env["LOG_LEVEL"] ?? "error", format: "pretty" });
  say("starting a Postgres with an incident in it…");
  const database = await startOrdersDatabase({ dir: join(dir, "postgres"), log });
  undo.push(() => database.stop());
  say("starting Redis, the bot and the Agents Playground…");
  await writeFile(join(dir, "policy.yaml"), POLICY);
  const env = {
    MicrosoftAppTenantId: TENANT,
    TEAMS_PLAYGROUND: "true",
    DATA_DIR: join(dir, "data"),
    POLICY_FILE: join(dir, "policy.yaml"),
    PORT: "0",
    ORDERS_DB_ADMIN_URL: database.adminUrl,
  };
  const bot = await start(readConfig(env), { ...process.env, ...env }, { log, say });
  undo.push(() => bot.stop());
  const port = Number(process.env["PORT"] ?? 56150);
  const playground = await startPlayground({ seed: SEED, port, bot: `${bot.url}/api/messages`, dir });
  undo.push(() => playground.stop());
  await bobAsks(playground.url);
  console.log(`The demo in Teams' clothes is open: ${playground.url}`);
  say("You are Alice. Bob has asked for access: approve it in General. In Personal Chat, type: help");
  say("Forms don't open here (the Playground has no dialogs). Everything is gone when you press Ctrl-C.");
}

async function bobAsks(playground: string): Promise<void> {
  const activity = {
    ...{ type: "message", id: "1", channelId: "msteams", serviceUrl: `${playground}/_connector`, recipient: SEED.bot },
    text: "orders-db writer 10m INC-42 orders stuck after the failover",
    from: BOB,
    conversation: { id: SEED.chat, conversationType: "personal", tenantId: TENANT },
  };
  await fetch(`${playground}/_internal/v1/customActivities`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(activity),
  });
}
