import type { Connection } from "../connection.ts";
import type { TeamsConfig } from "../config.ts";
import type { Policy } from "../domain/policy/schema.ts";
import { asCoded } from "../errors.ts";
import type { Log } from "../log.ts";
import type { BotFramework } from "../teams/bot-framework.ts";
import { Connector } from "../teams/connector.ts";
import { Conversations } from "../teams/conversations.ts";
import { TeamsDirectory } from "../teams/directory.ts";
import { Pace } from "../teams/pace.ts";

const READY_KEPT_MS = 10_000;

/** The line to Teams: who may call, and what our own calls go through. */
export class TeamsLine {
  readonly config: TeamsConfig;
  readonly framework: BotFramework;
  readonly connector: Connector;
  readonly conversations: Conversations;
  readonly directory: TeamsDirectory;
  readonly pace: Pace;
  readonly #now: () => number;
  #asked: { readonly until: number; readonly answer: Promise<string | undefined> } | undefined;

  /** @param now - epoch milliseconds */
  constructor(
    config: TeamsConfig,
    options: {
      readonly redis: Connection;
      readonly policy: () => Policy;
      readonly now: () => number;
      readonly random: () => number;
      readonly log: Log;
      readonly framework: BotFramework;
    },
  ) {
    const { redis, policy, now, random, log, framework } = options;
    this.#now = now;
    this.config = config;
    this.framework = framework;
    this.connector = new Connector(framework);
    this.conversations = new Conversations(redis);
    this.pace = new Pace(now, random);
    const channels = () => {
      const { approvals, incidents, security } = policy().channels;
      return [approvals.teams, incidents.teams, security.teams].filter((channel) => channel !== undefined);
    };
    const { connector, conversations } = this;
    this.directory = new TeamsDirectory({ connector, conversations, tenant: config.tenant, channels, now, log });
  }

  /** What is wrong with the line, if anything: whether Microsoft gives us a token. Asked at most every few seconds. */
  async ready(): Promise<string | undefined> {
    const now = this.#now();
    if (this.#asked === undefined || now >= this.#asked.until) {
      const answer = this.framework.token().then(
        () => undefined,
        (error: unknown) => asCoded(error).message,
      );
      this.#asked = { until: now + READY_KEPT_MS, answer };
    }
    return await this.#asked.answer;
  }
}
