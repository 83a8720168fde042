import { readConfig } from "../config.ts";
import { createLog } from "../create-log.ts";
import { start } from "../main.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { untilToldToStop } from "./until-told-to-stop.ts";

/** `breakglass serve`: runs until it is told to stop, and leaves nothing half done. */
export async function serve(io: Io): Promise<ExitCode> {
  const config = readConfig(io.env);
  const log = createLog(config.log);
  // Heard from here on: what has been started by the time of a signal is ended in order.
  const told = untilToldToStop(io);
  const running = await start(config, io.env, {
    log,
    say: (line) => {
      io.talk(line);
    },
  });
  for (const line of running.summary) io.result(line);
  await told;
  await running.stop();
  return 0;
}
