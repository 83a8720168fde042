import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type Request, type Response } from "express";
import { z } from "zod";
import { Faults } from "../../../src/demo/slack/faults.ts";
import { Persona } from "./persona.ts";
import type { TeamsSeed } from "./seed.ts";
import { chatOf, Teamwork, TeamsRefusal, userOf } from "./teamwork.ts";

/** The stand-in for Teams' Bot Connector, and the people in it. */
export interface Teams {
  /** What an activity's serviceUrl is. */
  readonly serviceUrl: string;
  readonly work: Teamwork;
  /** What shall go wrong: `create`, `send`, `update`, `member`, `channels`. */
  readonly faults: Faults;
  /** What the bot asked for, and what it was answered. */
  readonly calls: readonly TeamsCall[];
  /** A person, who types and clicks. */
  as(account: string): Persona;
  deliverTo(url: string): void;
  close(): Promise<void>;
}

export interface TeamsCall {
  readonly what: string;
  readonly conversation: string;
  readonly status: number;
  readonly bytes: number;
  readonly at: number;
}

/** An older limit than today's, and a safe one. */
const BODY_MAX = 28 * 1024;
/** "The request content length exceeded limit of 262144 bytes." */
const WITH_PICTURES_MAX = 262_144;

const creation = z.object({
  isGroup: z.boolean(),
  tenantId: z.string(),
  channelData: z.object({ channel: z.object({ id: z.string() }).optional() }),
  members: z
    .array(z.object({ id: z.string() }))
    .length(1)
    .optional(),
  activity: z.unknown().optional(),
});

/**
 * @param options - `token`: what calls must carry; `perSecond`: messages a conversation; `authorization`: what people's calls
 *   carry to the bot
 */
export async function startTeams(options: {
  readonly seed: TeamsSeed;
  readonly token?: string;
  readonly perSecond?: number;
  readonly authorization?: () => string;
}): Promise<Teams> {
  const { seed, token, perSecond = 1_000 } = options;
  const work = new Teamwork(seed);
  const faults = new Faults(() => undefined);
  const calls: TeamsCall[] = [];
  const app = express();
  app.use(express.json({ limit: "1mb" }));

  const answer =
    (what: string, act: (request: Request, conversation: string) => unknown) =>
    async (request: Request, response: Response): Promise<void> => {
      const conversation = typeof request.params["conversation"] === "string" ? request.params["conversation"] : "";
      const sent = JSON.stringify(request.body ?? "");
      // Pictures within a message don't count: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages.
      const bytes = Buffer.byteLength(sent.replaceAll(/"data:image\/png;base64,[^"]*"/g, ""));
      const reply = (status: number, body: unknown) => {
        calls.push({ what, conversation, status, bytes, at: Date.now() });
        response.status(status).json(body);
      };
      const fault = faults.take(what);
      if (faults.now === "drop" || fault.hang === true) {
        if (faults.now === "drop") request.socket.destroy();
        return;
      }
      if (fault.retryAfter !== undefined) response.set("retry-after", String(fault.retryAfter));
      if (fault.status !== undefined) {
        reply(fault.status, { error: { code: fault.error ?? "ServiceError", message: "" } });
        return;
      }
      try {
        if (token !== undefined && request.header("authorization") !== `Bearer ${token}`)
          throw new TeamsRefusal(401, "Unauthorized");
        if (sent.length > WITH_PICTURES_MAX) throw new TeamsRefusal(400, "MalformedData");
        if (bytes > BODY_MAX) throw new TeamsRefusal(413, "MessageSizeTooBig");
        const now = Date.now();
        const lately = calls.filter(
          (each) =>
            each.conversation === conversation && each.status < 300 && each.at > now - 1_000 && each.what !== "member",
        );
        if (lately.length >= perSecond) throw new TeamsRefusal(429, "TooManyRequests");
        const body = act(request, conversation);
        if (fault.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
        if (fault.loseAnswer === true) request.socket.destroy();
        else reply(200, body);
      } catch (error) {
        if (!(error instanceof TeamsRefusal)) throw error;
        reply(error.status, { error: { code: error.code, message: error.code } });
      }
    };

  const base = "/amer/v3/conversations";
  const one = (request: Request, name: string) => z.string().parse(request.params[name]);
  app.post(
    base,
    answer("create", (request) => {
      const { tenantId, channelData, members, isGroup, activity } = creation.parse(request.body);
      if (tenantId !== seed.tenant) throw new TeamsRefusal(403, "ForbiddenOperationException");
      if (channelData.channel !== undefined && isGroup) {
        const message = work.begin(channelData.channel.id, seed.bot.id, activity);
        return { id: message.conversation, activityId: message.id };
      }
      const person = work.person(members?.[0]?.id ?? "");
      if (person.hasApp === false) throw new TeamsRefusal(403, "BotNotInConversationRoster");
      return { id: chatOf(person.aad) };
    }),
  );
  app.post(
    `${base}/:conversation/activities`,
    answer("send", (request, conversation) => ({ id: work.say(conversation, seed.bot.id, request.body).id })),
  );
  app.put(
    `${base}/:conversation/activities/:message`,
    answer("update", (request, conversation) => {
      work.update(conversation, one(request, "message"), seed.bot.id, request.body);
      return { id: one(request, "message") };
    }),
  );
  app.get(
    `${base}/:conversation/members/:account`,
    answer("member", (request, conversation) => {
      const person = work.person(one(request, "account"));
      if (conversation !== work.team && conversation !== chatOf(person.aad))
        throw new TeamsRefusal(404, "ConversationNotFound");
      const { aad, name, userRole = "user", tenantId = seed.tenant } = person;
      const userPrincipalName = person.userPrincipalName ?? `${name.split(" ")[0]?.toLowerCase() ?? ""}@acme.test`;
      return { id: userOf(aad), name, objectId: aad, userPrincipalName, userRole, tenantId };
    }),
  );
  app.get(
    "/amer/v3/teams/:conversation/conversations",
    answer("channels", (_request, team) => {
      if (team !== work.team) throw new TeamsRefusal(404, "ConversationNotFound");
      return { conversations: seed.channels };
    }),
  );
  const server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const serviceUrl = `http://127.0.0.1:${port}/amer/`;
  let bot = "";
  const personas = new Map<string, Persona>();
  return {
    serviceUrl,
    work,
    faults,
    calls,
    as: (account) => {
      const known =
        personas.get(account) ??
        new Persona(work, account, { serviceUrl, bot: () => bot, authorization: options.authorization });
      personas.set(account, known);
      return known;
    },
    deliverTo: (url) => {
      bot = url;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close").catch(() => undefined);
    },
  };
}
