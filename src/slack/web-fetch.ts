import * as http from "node:http";
import * as https from "node:https";
import type { FetchFunction } from "@slack/web-api";

type Answered = Awaited<ReturnType<FetchFunction>>;

/**
 * How Slack's clients call its Web API. Node's own `fetch` makes streams and weak references for each call, for the collector of
 * garbage to follow, and takes three times as long, while somebody else waits for an answer. Redirects are not followed, and of what a
 * client says about them, or about an end of its own, nothing is heard. Connections are kept for the 5 s of Node's own agent.
 *
 * @param limitMs - a call whose whole answer isn't there after so many milliseconds fails with a `TimeoutError`
 */
export function webFetch(limitMs: number): FetchFunction {
  return async (url, { method = "GET", headers = {}, body = "" } = {}) => {
    if (typeof body !== "string") throw new TypeError("Slack's Web API is sent text alone.");
    const { request } = new URL(url).protocol === "https:" ? https : http;
    const length = { "content-length": Buffer.byteLength(body) };
    return await new Promise<Answered>((resolve, reject) => {
      const sent = request(url, { method, headers: { ...headers, ...length } });
      const limit = setTimeout(() => {
        sent.destroy(new DOMException(`no answer within ${limitMs} ms`, "TimeoutError"));
      }, limitMs);
      sent.once("close", () => {
        clearTimeout(limit);
      });
      sent.once("error", reject);
      // Node says nothing else of it, and ends the call.
      sent.once("upgrade", (_response, socket) => {
        socket.destroy();
        reject(new Error("Slack answered that it goes on in another protocol."));
      });
      sent.once("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("end", () => {
          resolve(answered(String(url), response, Buffer.concat(chunks)));
        });
        response.once("error", reject);
      });
      sent.end(body);
    });
  };
}

/**
 * Makes a call that broke off once more: for what does no harm when it is done twice, such as an answer that one person sees. A
 * connection that was kept may be closed by the other side just as it is used again.
 */
export function triedTwice(fetch: FetchFunction): FetchFunction {
  return async (...call) => await fetch(...call).catch(async () => await fetch(...call));
}

function answered(url: string, response: http.IncomingMessage, bytes: Buffer): Answered {
  const { statusCode: status = 0, statusMessage: statusText = "", headers } = response;
  const text = () => Promise.resolve(bytes.toString());
  return {
    ...{ ok: status >= 200 && status < 300, status, statusText, url },
    headers: {
      get: (name) => headers[name.toLowerCase()]?.toString() ?? null,
      entries: () => Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    },
    arrayBuffer: () => Promise.resolve(Uint8Array.from(bytes).buffer),
    json: () => text().then((said): unknown => JSON.parse(said)),
    text,
  };
}
