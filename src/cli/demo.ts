import { readConfig } from "../config.ts";
import { play } from "../demo/play.ts";
import { startDemo } from "../demo/start-demo.ts";
import { createLog } from "../create-log.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { untilToldToStop } from "./until-told-to-stop.ts";

/** `breakglass demo`: the local workspace in the browser, or with `play` the whole incident by itself in the terminal. */
export async function demo(io: Io, options: { readonly play: boolean }): Promise<ExitCode> {
  const talk = (line: string) => {
    io.talk(line);
  };
  const { PORT, LOG_LEVEL = "error" } = io.env;
  const { port, log: level } = readConfig({ PORT, LOG_LEVEL, LOG_FORMAT: "pretty" });
  // Heard from here on: a Ctrl-C while it starts, or a closed terminal, must not leave a database behind.
  const told = untilToldToStop(io, ["SIGHUP"]);
  const running = await startDemo({
    port: options.play ? 0 : port,
    past: !options.play,
    env: io.env,
    log: createLog(level),
    say: talk,
  });
  try {
    if (options.play) {
      const played = play(running, (line) => {
        io.result(line);
      });
      const held = await Promise.race([played, told]);
      return held === undefined ? 2 : held ? 0 : 1;
    }
    const { DATA_DIR = "", POLICY_FILE = "" } = running.env;
    io.result(`The demo is open: ${running.url}`);
    talk(`its metrics, for Prometheus and the dashboard: ${running.botUrl}/metrics`);
    talk("everything is on this machine, and gone when you end it with Ctrl-C");
    talk(`the command line reaches it too: DATA_DIR=${DATA_DIR} POLICY_FILE=${POLICY_FILE} npx breakglass list`);
    await told;
    return 0;
  } finally {
    await running.stop();
  }
}
