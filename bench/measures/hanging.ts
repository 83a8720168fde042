import { execFile } from "node:child_process";
import { rename } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { z } from "zod";
import { atRate } from "../at-rate.ts";
import { openScene, type Scene } from "../scene.ts";
import { call, command } from "../slack-call.ts";
import { ms, type Row } from "../table.ts";
import { asking } from "../world.ts";

const COMMANDS = 20;
const PER_SECOND = 10;
/** The policy file is looked at each second; after this the look surely hangs. */
const NOTICED_MS = 1_500;

interface Fault {
  readonly what: string;
  readonly begin: (scene: Scene) => Promise<unknown>;
  readonly end: (scene: Scene) => Promise<unknown>;
}

const FAULTS: readonly Fault[] = [
  {
    what: "Slack's API hangs",
    begin: ({ slack }) => slack.ask("hang", z.unknown()),
    end: ({ slack }) => slack.ask("heal", z.unknown()),
  },
  {
    what: "the policy file is a FIFO that nobody writes",
    begin: async ({ policyFile }) => {
      await promisify(execFile)("mkfifo", [`${policyFile}.fifo`]);
      await rename(`${policyFile}.fifo`, policyFile);
      await setTimeout(NOTICED_MS);
    },
    end: () => Promise.resolve(),
  },
  {
    what: "Redis is paused",
    begin: ({ server }) => {
      server.pause();
      return Promise.resolve();
    },
    end: ({ server }) => {
      server.resume();
      return Promise.resolve();
    },
  },
];

/** The longest that a command waits for its ack while something that the bot needs doesn't answer. */
export async function hanging(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { what, begin, end } of FAULTS) {
    const scene = await openScene();
    try {
      const send = async (nth: number): Promise<number> => {
        const { account, words } = asking(nth, "writer");
        const { status, ms: taken } = await call(scene.url, command(account, words, scene.respondTo));
        if (status !== 200) throw new Error(`a command was answered ${status} while ${what}`);
        return taken;
      };
      await atRate({ perSecond: PER_SECOND, count: COMMANDS, send });
      await begin(scene);
      const taken = await atRate({ perSecond: PER_SECOND, count: COMMANDS, send: (nth) => send(COMMANDS + nth) });
      await end(scene);
      rows.push({ what: `longest wait for an ack while ${what}`, ours: ms(Math.max(...taken)), goal: "under 1 s" });
    } finally {
      await scene.close();
    }
  }
  return rows;
}
