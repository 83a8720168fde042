import { startTestRedis } from "../../test/support/redis.ts";
import { atRate } from "../at-rate.ts";
import { startPart } from "../part.ts";
import { percentile } from "../percentile.ts";
import { openScene } from "../scene.ts";
import { call, command } from "../slack-call.ts";
import { ms, type Row } from "../table.ts";
import { asking, PEOPLE } from "../world.ts";

const PER_SECOND = 50;
/** Nobody's account may have to be looked up again, which is after 60 s: more than so many rounds take a bot of their own. */
const PASSES = 3;
const ROUNDS = 4;
const IN_A_ROUND = 250;

/** How long each call took, in milliseconds. */
interface Taken {
  readonly ours: number[];
  readonly theirs: number[];
  /** Ours, of people whose account was looked up first. */
  readonly strangers: number[];
}

/**
 * From a signed slash command to its ack, beside a bare Bolt app that does one durable XADD before it acks. The two take turns,
 * and ours has told Slack everything before the other's turn, so that its work doesn't slow the baseline.
 */
export async function slashToAck(): Promise<Row[]> {
  const passes: Taken[] = [];
  for (let pass = 0; pass < PASSES; pass++) passes.push(await onePass());
  const all = (which: keyof Taken) => passes.flatMap((pass) => pass[which]);
  return [
    ...rows("slash to ack", all("ours"), all("theirs")),
    ...rows("the same, first asking users.info", all("strangers"), all("theirs")),
  ];
}

async function onePass(): Promise<Taken> {
  const bareRedis = await startTestRedis();
  const bare = await startPart("bare-bolt", { REDIS_URL: bareRedis.url });
  const scene = await openScene();
  try {
    // Everybody asks once: both programs get warm, and the account of each is known from then on, for 60 s.
    await ask(bare.ready, scene.respondTo, 0, PEOPLE);
    const strangers = (await ask(scene.url, scene.respondTo, 0, PEOPLE)).slice(PEOPLE / 2);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const first = PEOPLE + round * IN_A_ROUND;
      await scene.quiet();
      theirs.push(...(await ask(bare.ready, scene.respondTo, first, IN_A_ROUND)));
      ours.push(...(await ask(scene.url, scene.respondTo, first, IN_A_ROUND)));
    }
    return { ours, theirs, strangers };
  } finally {
    await scene.close();
    await bare.stop();
    await bareRedis.stop();
  }
}

async function ask(url: string, respondTo: string, first: number, count: number): Promise<number[]> {
  return await atRate({
    perSecond: PER_SECOND,
    count,
    send: async (nth) => {
      const { account, words } = asking(first + nth, "writer");
      const { status, body, ms: taken } = await call(url, command(account, words, respondTo));
      if (status !== 200 || !/BG-|Recorded|Working/.test(body))
        throw new Error(`${words} was answered ${status}: ${body}`);
      return taken;
    },
  });
}

function rows(what: string, ours: readonly number[], theirs: readonly number[]): Row[] {
  return [0.5, 0.99].map((share) => {
    const [our, their] = [percentile(ours, share), percentile(theirs, share)];
    return {
      what: `${what}, p${share * 100}`,
      ours: ms(our),
      baseline: `${ms(their)}, bare Bolt with one durable XADD`,
      ratio: our / their,
      goal: "at most 1.5",
    };
  });
}
