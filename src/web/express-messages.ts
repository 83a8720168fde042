import { IncomingMessage, ServerResponse, type ServerOptions } from "node:http";
import type { Express } from "express";

/**
 * Messages that have Express's methods from the start, for `http.createServer`. Express would put them under each message when it
 * comes (`Object.setPrototypeOf`), and V8 makes a dictionary of such an object: a request takes half as long again, and leaves what
 * only the slower of its collectors takes away, while somebody waits for an answer.
 */
export function expressMessages(web: Express): Required<Pick<ServerOptions, "IncomingMessage" | "ServerResponse">> {
  class Request extends IncomingMessage {}
  class Response<Of extends IncomingMessage> extends ServerResponse<Of> {}
  Object.setPrototypeOf(Request.prototype, web.request);
  Object.setPrototypeOf(Response.prototype, web.response);
  // What a message has under it already is not put there again.
  Object.assign(web, { request: Request.prototype, response: Response.prototype });
  return { IncomingMessage: Request, ServerResponse: Response };
}
