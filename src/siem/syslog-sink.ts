import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import type { SyslogConfig } from "../siem-config.ts";
import type { Sink } from "./sink.ts";
import { syslogFrame } from "./syslog-frame.ts";
import { unsent } from "./unsent.ts";

/** From the first packet to the last. */
const LIMIT_MS = 10_000;
/** Whoever goes away while events are on their way is heard within this time, also from another continent. */
const STAYS_MS = 100;

/** Certificates and keys, as PEM. */
export interface TlsFiles {
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

/**
 * Sends events to a syslog receiver over TLS. The protocol has no answer: that the receiver closes the connection, after we have said
 * that nothing more comes, is what tells that it read all of it. So each batch has a connection of its own, and one that is closed before
 * we said so took nothing.
 *
 * @param files - read anew for each connection, because certificates are renewed
 * @param hostname - what this program is called there
 */
export function syslogSink({ host, port }: SyslogConfig, files: () => Promise<TlsFiles>, hostname: string): Sink {
  return {
    name: "syslog",
    send: async (events, signal) => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
      try {
        const tls = await files();
        const socket = connect({ host, port, servername: isAddress(host) ? "" : host, minVersion: "TLSv1.2", ...tls });
        await deliver(socket, events.map((event) => syslogFrame(event, hostname)).join(""), limit);
      } catch (error) {
        throw unsent("syslog", `${host}:${port}`, error);
      }
    },
  };
}

async function deliver(socket: TLSSocket, frames: string, limit: AbortSignal): Promise<void> {
  // Who waits for something hears of it; after that nobody does.
  socket.on("error", () => undefined);
  const cut = () => socket.destroy(new Error("it did not answer in time"));
  limit.addEventListener("abort", cut, { once: true });
  try {
    if (limit.aborted) cut();
    await once(socket, "secureConnect");
    // A receiver has nothing to say, and what it says all the same is not kept.
    socket.resume();
    const ended = once(socket, "end");
    ended.catch(() => undefined);
    const sent = new Promise((resolve) => socket.write(frames, resolve)).then(() => setTimeout(STAYS_MS));
    if ((await Promise.race([ended.then(() => "ended"), sent])) === "ended")
      throw new Error("it closed the connection before it had everything");
    socket.end();
    await ended;
  } finally {
    limit.removeEventListener("abort", cut);
    socket.destroy();
  }
}

function isAddress(host: string): boolean {
  return /^[\d.]+$|:/.test(host);
}
