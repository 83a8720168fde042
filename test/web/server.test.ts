import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type AddressInfo, type Socket } from "node:net";
import { describe, it } from "node:test";
import express from "express";
import { webServer } from "../../src/web/server.ts";

const SMALL = { headersMs: 200, requestMs: 400, lookMs: 50, connections: 3 };

async function served(use: (open: (said: string) => Socket) => Promise<void>): Promise<void> {
  const web = express().use((request, response) => {
    request.resume().on("end", () => response.end("done"));
  });
  const server = webServer(web, SMALL);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sockets: Socket[] = [];
  try {
    await use((said) => {
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1", () => socket.write(said));
      socket.on("error", () => undefined).setEncoding("utf8");
      sockets.push(socket);
      return socket;
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  }
}

const heard = async (socket: Socket) => {
  let text = "";
  socket.on("data", (chunk: string) => (text += chunk));
  await new Promise((closed) => socket.once("close", closed));
  return text;
};

const WHOLE = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab";

describe("who is slow, or comes with many", () => {
  it("is let go when they don't say what they want, nor send all of it", async () => {
    await served(async (open) => {
      for (const said of ["GET / HTTP/1.1\r\nHost:", WHOLE.slice(0, -1)])
        assert.match(await heard(open(said)), /^HTTP\/1\.1 408/);
      assert.match(await heard(open(WHOLE)), /^HTTP\/1\.1 200[\s\S]*done$/);
    });
  });

  it("has so many connections at once, and the next is closed at once", async () => {
    await served(async (open) => {
      const waiting = [1, 2, 3].map(() => open(WHOLE.slice(0, -1)));
      await Promise.all(waiting.map((socket) => once(socket, "connect")));
      assert.equal(await heard(open(WHOLE)), "");
      await Promise.all(waiting.map(heard));
      assert.match(await heard(open(WHOLE)), /^HTTP\/1\.1 200/);
    });
  });
});

describe("messages", () => {
  it("come as Express makes them, so that it changes none of them", async () => {
    const web = express();
    const server = webServer(web);
    const under: (object | null)[][] = [];
    const see = (...messages: object[]) => under.push(messages.map((message) => Reflect.getPrototypeOf(message)));
    server.prependListener("request", see);
    web.get("/", (request, response) => {
      see(request, response);
      response.json({ asked: request.get("x-asked"), app: request.app === web && response.app === web });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const { port } = server.address() as AddressInfo;
      const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-asked": "yes" } });
      assert.deepEqual(await answer.json(), { asked: "yes", app: true });
      assert.deepEqual(under, [
        [web.request, web.response],
        [web.request, web.response],
      ]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
