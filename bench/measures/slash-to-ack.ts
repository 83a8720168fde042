import { startTestRedis } from "../../test/support/redis.ts";
import { atRate } from "../at-rate.ts";
import { startPart } from "../part.ts";
import { percentile } from "../percentile.ts";
import { openScene } from "../scene.ts";
import { call, command } from "../slack-call.ts";
import { ms, type Row } from "../table.ts";
import { account } from "../world.ts";

const PER_SECOND = 50;
const ROUNDS = 4;
const ROUND_S = 5;
const WARM_UP = 150;

/** From a signed slash command to its ack, beside a bare Bolt app that does one durable XADD before it acks. */
export async function slashToAck(): Promise<Row[]> {
  const bareRedis = await startTestRedis({ appendfsync: "always" });
  const bare = await startPart("bare-bolt", { REDIS_URL: bareRedis.url });
  const scene = await openScene(1_000);
  let people = 0;
  const ask = async (url: string, count: number): Promise<number[]> => {
    const first = people;
    people += count;
    return await atRate({
      perSecond: PER_SECOND,
      count,
      send: async (nth) => {
        const acked = await call(url, command(account(first + nth), "orders-db writer 15m INC-42 orders stuck"));
        if (process.env["DBG"] && nth % 1000 === 999)
          console.log(url.slice(-22), nth, acked.ms.toFixed(1), acked.body.slice(0, 90));
        if (acked.status !== 200) throw new Error(`a command was answered ${acked.status}: ${acked.body}`);
        return acked.ms;
      },
    });
  };
  try {
    await ask(bare.ready, WARM_UP);
    await ask(scene.url, WARM_UP);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // What our bot still has to tell Slack must not slow the baseline.
      await scene.quiet();
      people = WARM_UP;
      theirs.push(...(await ask(bare.ready, PER_SECOND * ROUND_S)));
      people = WARM_UP * 2 + round * PER_SECOND * ROUND_S;
      ours.push(...(await ask(scene.url, PER_SECOND * ROUND_S)));
    }
    return [0.5, 0.99].map((share) => {
      const [our, their] = [percentile(ours, share), percentile(theirs, share)];
      const what = `slash to ack, p${share * 100}, against a bare Bolt app with one durable XADD`;
      return { what, ours: ms(our), baseline: ms(their), ratio: our / their, goal: "at most 1.5" };
    });
  } finally {
    await scene.close();
    await bare.stop();
    await bareRedis.stop();
  }
}
