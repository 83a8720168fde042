import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { z } from "zod";
import { startPart, type Part } from "../part.ts";
import { percentile } from "../percentile.ts";
import { openScene, type Scene } from "../scene.ts";
import { approval, call, command } from "../slack-call.ts";
import { succeeded } from "../succeeded.ts";
import { ms, type Row } from "../table.ts";
import { inTempDir } from "../temp-dir.ts";
import { asking } from "../world.ts";

const TIMES = 240;
const WARM_UP = 40;
const SECRET = `whsec_${randomBytes(32).toString("base64")}`;

const saidSchema = z.object({
  ...{ port: z.int(), certFile: z.string(), webhookUrl: z.string(), webhookCertFile: z.string() },
  collectorUrl: z.string(),
});
const takenSchema = z.object({ syslog: z.int(), webhook: z.int(), spans: z.int(), wrong: z.int() });

/**
 * From an approver's signed click to the recorded GrantSucceeded: with nobody who watches, with a SIEM by syslog and by webhook and a
 * collector of traces, with the same while all of them hang, and once more with nobody, which tells how exact this is. They take turns, and
 * who is first changes each time.
 */
export async function beingWatched(): Promise<Row[]> {
  return await inTempDir(async (dir) => {
    const watchers = [
      await startPart("watchers", { WATCHERS_SECRET: SECRET }),
      await startPart("watchers", { WATCHERS_SECRET: SECRET }),
    ] as const;
    const [taking, hanging] = watchers;
    await hanging.ask("hang", z.unknown());
    const scenes = [
      await openScene(),
      await openScene(await watchedBy(taking, join(dir, "taking.pem"))),
      await openScene(await watchedBy(hanging, join(dir, "hanging.pem"))),
      await openScene(),
    ];
    const ledgers = scenes.map(({ redis }) => redis.duplicate());
    try {
      const took = scenes.map((): number[] => []);
      for (let nth = 0; nth < TIMES; nth++)
        for (let turn = 0; turn < scenes.length; turn++) {
          const which = (nth + turn) % scenes.length;
          const [scene, ledger] = [scenes[which], ledgers[which]];
          if (scene === undefined || ledger === undefined) continue;
          const taken = await clickToGrant(scene, ledger, nth);
          if (nth >= WARM_UP && taken !== undefined) took[which]?.push(taken);
        }
      const { wrong, ...came } = await taking.ask("taken", takenSchema);
      if (wrong > 0 || Object.values(came).some((count) => count < TIMES))
        throw new Error("those who watch saw too little");
      const [alone = [], watched = [], hung = [], again = []] = took;
      return [
        ...[0.5, 0.99].map((share) => row("with a SIEM and traces", watched, alone, share)),
        ...[0.5, 0.99].map((share) => row("with a SIEM and traces that hang", hung, alone, share)),
        { ...row("without, once more: how exact this is", again, alone, 0.5), goal: "" },
      ];
    } finally {
      for (const ledger of ledgers) ledger.disconnect();
      for (const scene of scenes) await scene.close();
      for (const part of watchers) await part.stop();
    }
  });
}

function row(what: string, ours: readonly number[], alone: readonly number[], share: number): Row {
  const [our, their] = [percentile(ours, share), percentile(alone, share)];
  return {
    what: `approval click to GrantSucceeded ${what}, p${share * 100}`,
    ours: ms(our),
    baseline: `${ms(their)}, without`,
    ratio: our / their,
    goal: share === 0.5 ? "at most 1.05" : "",
  };
}

async function watchedBy(watchers: Part, caFile: string): Promise<Record<string, string>> {
  const said = saidSchema.parse(JSON.parse(watchers.ready));
  const both = await Promise.all([said.certFile, said.webhookCertFile].map((file) => readFile(file, "utf8")));
  await writeFile(caFile, both.join("\n"));
  return {
    SIEM_SYSLOG_URL: `syslog+tls://127.0.0.1:${said.port}`,
    SIEM_WEBHOOK_URL: said.webhookUrl,
    SIEM_WEBHOOK_SECRET: SECRET,
    SIEM_CA_FILE: caFile,
    OTEL_EXPORTER_OTLP_ENDPOINT: said.collectorUrl,
  };
}

async function clickToGrant(scene: Scene, ledger: Redis, nth: number): Promise<number | undefined> {
  const { account, words } = asking(nth, "writer");
  const asked = await call(scene.url, command(account, words, scene.respondTo));
  const [id] = /BG-[0-9A-Z]{6}/.exec(asked.body) ?? [];
  await scene.quiet();
  // It was told "Working on it…" first: this one is left out.
  if (id === undefined) return undefined;
  const granted = succeeded(ledger, id);
  const began = performance.now();
  const acked = call(scene.url, approval(id, scene.respondTo));
  const taken = (await granted) - began;
  await acked;
  await scene.quiet();
  return taken;
}
