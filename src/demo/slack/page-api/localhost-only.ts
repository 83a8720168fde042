import type { RequestHandler } from "express";

const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;
const LOOPBACK = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);

/**
 * Lets only pages of this very address in. A page from elsewhere can send requests to localhost too; its `Origin`
 * gives it away, and a name that was bent to point here is not `localhost` in `Host`.
 */
export const localhostOnly: RequestHandler = (request, response, next) => {
  const { host = "", origin } = request.headers;
  const local = LOOPBACK.has(request.socket.remoteAddress ?? "") && LOCAL.test(host);
  const same = origin === undefined || origin.toLowerCase() === `http://${host.toLowerCase()}`;
  if (local && same) next();
  else response.status(403).json({ error: "only pages of this address may ask" });
};
