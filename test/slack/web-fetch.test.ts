import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { triedTwice, webFetch } from "../../src/slack/web-fetch.ts";

/** A server for the time of a test. `use`: gets its address, and how many connections it was asked over */
async function answering(
  answer: RequestListener,
  use: (url: string, connections: () => number) => Promise<void>,
): Promise<void> {
  let connections = 0;
  const server = createServer(answer).on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, () => connections);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** An answer that has begun ends with what its connection came to. */
function hasTimedOut({ name, code }: Error & { code?: unknown }): boolean {
  return name === "TimeoutError" || code === "ECONNRESET";
}

describe("calls to Slack's Web API", () => {
  it("send text with its headers, and give what came back, over one connection", async () => {
    const echo: RequestListener = (request, response) => {
      void text(request).then((body) => {
        const said = { method: request.method, type: request.headers["content-type"], body };
        response.writeHead(429, { "Retry-After": "7" }).end(JSON.stringify(said));
      });
    };
    await answering(echo, async (url, connections) => {
      const call = webFetch(5_000);
      for (const body of ["text=ä", "text=b"]) {
        const answer = await call(url, { method: "POST", headers: { "content-type": "x/y" }, body });
        assert.deepEqual([answer.ok, answer.status, answer.statusText], [false, 429, "Too Many Requests"]);
        assert.equal(answer.headers.get("Retry-After"), "7");
        assert.equal(answer.headers.get("x-none"), null);
        assert.ok([...answer.headers.entries()].some(([name]) => name === "retry-after"));
        assert.deepEqual(await answer.json(), { method: "POST", type: "x/y", body });
        assert.equal(Buffer.from(await answer.arrayBuffer()).toString(), await answer.text());
      }
      assert.equal(connections(), 1);
    });
  });

  for (const [what, hang] of [
    ["no answer", () => undefined],
    ["half an answer", (_request, response) => response.write("half")],
  ] satisfies [string, RequestListener][])
    it(`fail in time where ${what} comes`, async () => {
      await answering(hang, async (url) => {
        const began = performance.now();
        const calling = async () => await webFetch(200)(url, { method: "POST", body: "" });
        await assert.rejects(calling, hasTimedOut);
        const tookMs = performance.now() - began;
        assert.ok(tookMs >= 199 && tookMs < 2_000, `${tookMs} ms`);
      });
    });

  it("fail where another protocol is answered, and with what is no text", async () => {
    const server = createTcpServer((socket) => {
      socket.once("data", () =>
        socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n"),
      );
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      await assert.rejects(async () => await webFetch(5_000)(url, {}), /another protocol/);
      await assert.rejects(async () => await webFetch(5_000)(url, { body: new FormData() }), TypeError);
    } finally {
      server.close();
    }
  });

  it("fail where the connection breaks off, and don't follow where they are sent elsewhere", async () => {
    const breakOff: RequestListener = (_request, response) => {
      response.writeHead(200, { "content-length": 10 }).write("half");
      setTimeout(() => response.destroy(), 10);
    };
    await answering(breakOff, async (url) => {
      await assert.rejects(async () => await webFetch(5_000)(url, {}));
    });
    const away: RequestListener = (request, response) => {
      if (request.url === "/") response.writeHead(302, { location: "/elsewhere" }).end();
      else response.end("elsewhere");
    };
    await answering(away, async (url) => {
      assert.equal((await webFetch(5_000)(url, {})).status, 302);
    });
  });

  it("that broke off are made once more, where that does no harm", async () => {
    let broken = 0;
    const breaks =
      (times: number): RequestListener =>
      (request, response) => {
        if (broken++ < times) request.socket.destroy();
        else response.end("here");
      };
    await answering(breaks(1), async (url) => {
      assert.equal(await (await triedTwice(webFetch(5_000))(url, {})).text(), "here");
    });
    broken = 0;
    await answering(breaks(2), async (url) => {
      await assert.rejects(async () => await triedTwice(webFetch(5_000))(url, {}));
      assert.equal(broken, 2);
    });
  });
});
