import { play } from "../demo/play.ts";
import { startDemo } from "../demo/start-demo.ts";
import { createLog } from "../log.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { untilToldToStop } from "./until-told-to-stop.ts";

const PORT = 3000;

/** `breakglass demo`: the local workspace in the browser, or with `play` the whole incident by itself in the terminal. */
export async function demo(io: Io, options: { readonly play: boolean }): Promise<ExitCode> {
  const talk = (line: string) => {
    io.talk(line);
  };
  const log = createLog({ level: io.env["LOG_LEVEL"] ?? "error", format: "pretty" });
  const port = options.play ? 0 : Number(io.env["PORT"] ?? PORT);
  const running = await startDemo({ port, env: io.env, log, say: talk });
  try {
    if (options.play) {
      return (await play(running, (line) => {
        io.result(line);
      }))
        ? 0
        : 1;
    }
    io.result(`The demo is open: ${running.url}`);
    talk("It is all on this machine, and gone when you end it with Ctrl-C. npm start -- --play plays it by itself.");
    await untilToldToStop(io);
    return 0;
  } finally {
    await running.stop();
  }
}
