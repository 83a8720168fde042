import { z } from "zod";
import { startTestRedis } from "../../test/support/redis.ts";
import { startPart } from "../part.ts";
import { percentile } from "../percentile.ts";
import { openScene } from "../scene.ts";
import { approval, call, command } from "../slack-call.ts";
import { succeeded } from "../succeeded.ts";
import { ms, type Row } from "../table.ts";
import { asking } from "../world.ts";

const TIMES = 150;
const WARM_UP = 50;

const jobSchema = z.object({ taken: z.number(), completed: z.number() });

/**
 * From an approver's signed click to the recorded GrantSucceeded, beside one bare BullMQ job from add to processed; the two take
 * turns. The provider does nothing.
 */
export async function clickToGrant(): Promise<Row[]> {
  const bareRedis = await startTestRedis();
  const queue = await startPart("bare-queue", { REDIS_URL: bareRedis.url });
  const scene = await openScene();
  const ledger = scene.redis.duplicate();
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let nth = 0; nth < TIMES; nth++) {
      const { account, words } = asking(nth, "writer");
      const [id = ""] =
        /BG-[0-9A-Z]{6}/.exec((await call(scene.url, command(account, words, scene.respondTo))).body) ?? [];
      await scene.quiet();
      const job = await queue.ask("once", jobSchema);
      const granted = succeeded(ledger, id);
      const began = performance.now();
      const acked = call(scene.url, approval(id, scene.respondTo));
      const taken = (await granted) - began;
      await acked;
      await scene.quiet();
      if (nth < WARM_UP) continue;
      theirs.push(job.completed);
      ours.push(taken);
    }
    return [0.5, 0.99].map((share) => {
      const [our, their] = [percentile(ours, share), percentile(theirs, share)];
      return {
        what: `approval click to GrantSucceeded, p${share * 100}`,
        ours: ms(our),
        baseline: `${ms(their)}, BullMQ add to processed`,
        ratio: our / their,
        goal: "at most 4",
      };
    });
  } finally {
    ledger.disconnect();
    await scene.close();
    await queue.stop();
    await bareRedis.stop();
  }
}
