// What our ack is held against: a Bolt app that does one durable XADD, and says so.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:http";
import { App, ExpressReceiver, LogLevel } from "@slack/bolt";
import express from "express";
import { Redis } from "ioredis";
import { servePart } from "../part.ts";
import { SEED } from "../world.ts";

const redis = new Redis(process.env["REDIS_URL"] ?? "");
const web = express();
const receiver = new ExpressReceiver({ signingSecret: SEED.signingSecret, app: web, logLevel: LogLevel.ERROR });
const app = new App({
  receiver,
  authorize: () => Promise.resolve({ botToken: SEED.botToken, botId: "B0BENCH", botUserId: "U0BENCH" }),
});
app.command("/breakglass", async ({ command, ack }) => {
  await redis.xadd("asked", "*", "e", JSON.stringify(command));
  await ack({ response_type: "ephemeral", text: `Recorded: ${command.text}` });
});
const server = createServer(web).listen(0, "127.0.0.1");
await once(server, "listening");
servePart(`http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`, {});
