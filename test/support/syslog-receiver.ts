import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:tls";
import { z } from "zod";
import { certificate } from "./certificate.ts";

/** A message of RFC 5424 as it came. */
export interface Received {
  readonly priority: number;
  readonly at: string;
  readonly host: string;
  readonly app: string;
  readonly msgid: string;
  readonly event: z.output<typeof eventSchema>;
}

const eventSchema = z.looseObject({
  class_uid: z.int(),
  message: z.string(),
  metadata: z.looseObject({ uid: z.string(), sequence: z.int(), correlation_uid: z.string().optional() }),
});

/** A syslog receiver over TLS that takes nothing but RFC 5424 in the frames of RFC 5425. */
export interface SyslogReceiver {
  readonly port: number;
  readonly certFile: string;
  readonly received: readonly Received[];
  /** What came that is no message. */
  readonly wrong: readonly string[];
  /** How many connections there were. */
  readonly connections: () => number;
  /** From here on it takes connections, reads nothing, and never closes one. */
  hang(): void;
  /** From here on it reads nothing, and closes each connection at once, as one that is being stopped. */
  leave(): void;
  /** It reads again, and lets go of whoever hung. */
  goOn(): void;
  stop(): Promise<void>;
}

const MESSAGE =
  /^<(1[0-8]\d|19[01]|\d{1,2})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) - (\{[ -~]*\})$/;

export async function syslogReceiver(client?: { readonly ca: string }): Promise<SyslogReceiver> {
  const { certFile, keyFile } = certificate();
  const received: Received[] = [];
  const wrong: string[] = [];
  /** Also those that never came to speak TLS. */
  const sockets = new Set<Socket>();
  let connections = 0;
  let hangs = false;
  let leaves = false;
  const server = createServer({
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    allowHalfOpen: true,
    ...(client !== undefined && { ca: client.ca, requestCert: true, rejectUnauthorized: true }),
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("secureConnection", (socket) => {
    connections += 1;
    socket.on("error", () => undefined);
    if (leaves) socket.end();
    if (hangs || leaves) return;
    let rest: Buffer = Buffer.alloc(0);
    socket.on("data", (piece: Buffer) => {
      rest = takeFrames(Buffer.concat([rest, piece]), received, wrong);
    });
    socket.on("end", () => {
      if (rest.length > 0) wrong.push(`half a frame: ${rest.toString()}`);
      socket.end();
    });
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    ...{ port: (server.address() as AddressInfo).port, certFile, received, wrong },
    connections: () => connections,
    hang: () => {
      hangs = true;
    },
    leave: () => {
      leaves = true;
    },
    goOn: () => {
      hangs = false;
      leaves = false;
      for (const socket of sockets) socket.destroy();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

/** @returns what is left of them: a frame that isn't whole yet */
function takeFrames(bytes: Buffer, received: Received[], wrong: string[]): Buffer {
  let rest = bytes;
  for (;;) {
    const space = rest.indexOf(0x20);
    if (space === -1) return rest;
    const length = rest.subarray(0, space).toString();
    if (!/^[1-9]\d*$/.test(length)) {
      wrong.push(`no length: ${length}`);
      return Buffer.alloc(0);
    }
    const end = space + 1 + Number(length);
    if (rest.length < end) return rest;
    const text = rest.subarray(space + 1, end).toString();
    const [, priority, at = "", host = "", app = "", , msgid = "", json = ""] = MESSAGE.exec(text) ?? [];
    if (priority === undefined) wrong.push(text);
    else
      received.push({ priority: Number(priority), at, host, app, msgid, event: eventSchema.parse(JSON.parse(json)) });
    rest = rest.subarray(end);
  }
}
